package io.copyhold.runtime.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GroupCommitTest {
  private final ArrayDeque<Runnable> threads = new ArrayDeque<>();
  private final List<List<String>> groups = new ArrayList<>();

  private GroupCommit<String, Integer> commit(GroupCommit.Limits limits) {
    return new GroupCommit<>(
        "test",
        threads::add,
        limits,
        group -> {
          groups.add(group);
          if (group.contains("bad")) {
            throw new IllegalStateException("bad");
          }
          return group.stream().map(String::length).toList();
        });
  }

  private static CompletableFuture<Integer> add(GroupCommit<String, Integer> to, String change) {
    return to.add(change, change.length()).toCompletableFuture();
  }

  @Test
  void whatWaitsIsWrittenTogetherAndEachGetsItsOwnResult() {
    GroupCommit<String, Integer> commit = commit(new GroupCommit.Limits(1, 10, 100, 100));
    CompletableFuture<Integer> one = add(commit, "one");
    CompletableFuture<Integer> three = add(commit, "three");
    assertThat(threads).hasSize(1);
    assertThat(one).isNotDone();
    threads.remove().run();
    assertThat(groups).containsExactly(List.of("one", "three"));
    assertThat(one).isCompletedWithValue(3);
    assertThat(three).isCompletedWithValue(5);
    assertThat(add(commit, "next")).isNotDone();
    assertThat(threads).hasSize(1);
  }

  @Test
  void aGroupHasLimitsOfCountAndWeightAndOneHeavyChangeGoesAlone() {
    GroupCommit<String, Integer> commit = commit(new GroupCommit.Limits(1, 2, 6, 100));
    for (String change : List.of("a", "b", "c", "heavier than six", "d", "e")) {
      add(commit, change);
    }
    threads.remove().run();
    assertThat(groups)
        .containsExactly(
            List.of("a", "b"), List.of("c"), List.of("heavier than six"), List.of("d", "e"));
  }

  @Test
  void asManyGroupsAreUnderWayAsThereAreWriters() {
    GroupCommit<String, Integer> commit = commit(new GroupCommit.Limits(2, 10, 100, 100));
    add(commit, "a");
    add(commit, "b");
    add(commit, "c");
    assertThat(threads).hasSize(2);
    threads.remove().run();
    threads.remove().run();
    assertThat(groups).containsExactly(List.of("a", "b", "c"));
    add(commit, "d");
    assertThat(threads).hasSize(1);
  }

  @Test
  void aGroupThatFailsFailsItsOwnChangesOnly() {
    GroupCommit<String, Integer> commit = commit(new GroupCommit.Limits(1, 1, 100, 100));
    CompletableFuture<Integer> bad = add(commit, "bad");
    CompletableFuture<Integer> good = add(commit, "good");
    threads.remove().run();
    assertThatThrownBy(bad::join).hasRootCauseMessage("bad");
    assertThat(good).isCompletedWithValue(4);
  }

  @Test
  void moreThanTheQueueHoldsIsRefused() {
    GroupCommit<String, Integer> commit = commit(new GroupCommit.Limits(1, 2, 100, 2));
    add(commit, "a");
    add(commit, "b");
    assertThatThrownBy(add(commit, "c")::join)
        .cause()
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo("test-overloaded"));
    threads.remove().run();
    assertThat(add(commit, "c")).isNotDone();
  }
}
