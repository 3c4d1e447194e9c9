package io.copyhold.http.admin;

import java.time.Duration;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * Closes a connection whose request head is not complete in time, or too long. An idle timeout does
 * not: every byte renews it.
 *
 * <ol>
 *   <li>A connection opens, or a byte comes while no request is being answered: a head is on its
 *       way.
 *   <li>The server layer hands out a request: its head is complete. Bytes from here on are its
 *       body.
 *   <li>Its response is handed in: the next byte begins another head.
 * </ol>
 *
 * This stage stands between socket and server layer and sees the bytes; the {@link Progress} of the
 * connection tells it what it cannot see.
 */
final class HeadDeadline extends GraphStage<FlowShape<ByteString, ByteString>> {
  private static final int TICKS = 8;

  /** What the other end of the server layer has seen of one connection. */
  static final class Progress {
    private volatile boolean answering;
    private volatile int requests;

    /** Called by one thread at a time: a connection answers one request after the other. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void requestBegins() {
      answering = true;
      requests++;
    }

    void responseReady() {
      answering = false;
    }
  }

  private final Inlet<ByteString> in = Inlet.create("HeadDeadline.in");
  private final Outlet<ByteString> out = Outlet.create("HeadDeadline.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
  private final Duration limit;
  private final int bytesMax;
  private final Progress progress;

  /**
   * @param bytesMax of one head; Pekko limits each line of it, and this the whole
   */
  HeadDeadline(Duration limit, int bytesMax, Progress progress) {
    this.limit = limit;
    this.bytesMax = bytesMax;
    this.progress = progress;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic {
    private boolean headBegun = true;
    private int ticks;
    private int requestsSeen;
    private long headBytes;

    Logic() {
      super(shape);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              ByteString bytes = grab(in);
              look();
              if (!progress.answering) {
                if (!headBegun) {
                  headBegun = true;
                  headBytes = 0;
                  ticks = 0;
                }
                // What came before was read by the server layer, and was no whole head.
                if (headBytes > bytesMax) {
                  completeStage();
                  return;
                }
                headBytes += bytes.size();
              }
              push(out, bytes);
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(in);
            }
          });
    }

    @Override
    public void preStart() {
      Duration tick = limit.dividedBy(TICKS);
      scheduleAtFixedRate("tick", tick, tick);
    }

    @Override
    public void onTimer(Object key) {
      look();
      if (headBegun && ++ticks >= TICKS) {
        completeStage();
      }
    }

    /** A request since the last look: the head that had begun was its head, and is complete. */
    private void look() {
      int requests = progress.requests;
      if (requests != requestsSeen) {
        requestsSeen = requests;
        headBegun = false;
      }
    }
  }
}
