/**
 * The admin API: one table of routes, one gate in front of them (head deadline, limits, token,
 * permission), and one place that turns replies and problems into answers. A route parses, asks
 * once, and maps the reply.
 */
@NullMarked
package io.copyhold.http.admin;

import org.jspecify.annotations.NullMarked;
