package org.apache.cassandra.security;

/**
 * Stands before Cassandra's own class of this name, which installs a security manager; JDK 24 and
 * later refuse that, and the server would not start. What is lost is the sandbox of user-defined
 * functions, and those are off. The methods are the ones that Cassandra calls.
 */
public final class ThreadAwareSecurityManager {
  private ThreadAwareSecurityManager() {}

  /** Installs nothing. */
  public static void install() {}

  /** No thread runs a user-defined function. */
  public static boolean isSecuredThread() {
    return false;
  }
}
