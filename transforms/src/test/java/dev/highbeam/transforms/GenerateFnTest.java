// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.transforms.rows.Columns;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.values.TupleTag;
import org.junit.jupiter.api.Test;

/** What runners do to instances beside processing: tear down twice, finish too late, start over. */
class GenerateFnTest {

  @Test
  void givenTeardownTwice_givesLeaseBack_once() {
    GenerateFn fn = fn("teardown");
    fn.setUp();
    fn.startBundle();
    assertThat(FakeEngine.running("teardown").leases).hasValue(1);
    fn.tearDown();
    fn.tearDown();
    assertThat(FakeEngine.running("teardown").leases).hasValue(0);
    assertThat(FakeEngine.running("teardown").openClients).isEmpty();
  }

  @Test
  void givenFinishBundleAfterTeardown_returnsAtOnce_withoutTouchingItsContext()
      throws InterruptedException {
    GenerateFn fn = fn("late");
    fn.setUp();
    fn.startBundle();
    fn.tearDown();
    fn.finishBundle(null);
    assertThat(FakeEngine.running("late").leases).hasValue(0);
  }

  @Test
  void givenAbandonedBundle_nextBundleStartsClean_oldRequestsAreCancelled()
      throws InterruptedException {
    GenerateFn fn = fn("abandoned");
    fn.setUp();
    fn.startBundle();
    fn.process(InferenceRequest.of("a", FakeEngine.STUCK), null, null, null, null);
    FakeEngine.Running engine = FakeEngine.running("abandoned");
    FakeEngine.Client first = engine.openClients.iterator().next();
    fn.startBundle();
    assertThat(engine.connections).hasValue(2);
    assertThat(engine.openClients).hasSize(1).doesNotContain(first);
    // Nothing is outstanding any more: the end of the bundle has nothing to wait for.
    fn.finishBundle(null);
    fn.tearDown();
    assertThat(engine.openClients).isEmpty();
  }

  @Test
  void givenRequestAfterTeardown_refusesIt_loudly() {
    GenerateFn fn = fn("after");
    fn.setUp();
    fn.startBundle();
    fn.tearDown();
    assertThatThrownBy(
            () -> fn.process(InferenceRequest.of("a", "b"), null, null, null, null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("torn down");
  }

  private static GenerateFn fn(String name) {
    return new GenerateFn(
        FakeEngine.named(name),
        FakeEngine.config(),
        new Generate.Options(Columns.NONE, 0, false, 0, name),
        new TupleTag<GenericRecord>() {},
        new TupleTag<GenericRecord>() {});
  }
}
