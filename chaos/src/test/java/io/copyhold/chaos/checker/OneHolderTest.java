package io.copyhold.chaos.checker;

import static io.copyhold.chaos.checker.Sample.swap;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class OneHolderTest {
  @Test
  void oneAfterTheOtherIsAccepted() {
    assertThat(
            OneHolder.check(
                    List.of(
                        swap(1, "acquire", "", "a", 0, 10),
                        swap(2, "release", "a", "", 20, 40),
                        swap(3, "acquire", "", "b", 21, 30)))
                .violations())
        .isEmpty();
  }

  @Test
  void twoHoldersAtOnceAreSeen() {
    assertThat(
            OneHolder.check(
                    List.of(
                        swap(1, "acquire", "", "a", 0, 10),
                        swap(2, "acquire", "", "b", 5, 15),
                        swap(3, "release", "a", "", 20, 40)))
                .violations())
        .hasSize(1);
  }

  @Test
  void whoDoesNotKnowWhetherItHoldsHoldsNothing() {
    assertThat(
            OneHolder.check(
                    List.of(
                        swap(1, "acquire", "", "a", 0, Long.MAX_VALUE),
                        swap(2, "acquire", "", "b", 5, 15)))
                .violations())
        .isEmpty();
  }
}
