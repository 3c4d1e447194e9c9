package io.copyhold.chaos.installation;

import io.copyhold.runtime.PortAdapter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Does one thing to many, a few at a time; the first failure is the caller's. */
@PortAdapter
public final class Together {
  public interface Work<T, R> {
    R on(T item) throws Exception;
  }

  private Together() {}

  /** Answers in the order of the items. */
  public static <T, R> List<R> each(List<T> items, int atOnce, Work<T, R> work) throws Exception {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(atOnce, Thread.ofVirtual().factory())) {
      List<Callable<R>> calls = new ArrayList<>();
      for (T item : items) {
        calls.add(() -> work.on(item));
      }
      List<R> answers = new ArrayList<>();
      for (Future<R> answer : threads.invokeAll(calls)) {
        answers.add(answer.get());
      }
      return answers;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }
}
