import { assertEquals } from "@std/assert";
import { drainsInBackground } from "../../supabase/functions/_shared/sync/drain_soon.ts";

const never = () => new Promise<void>(() => {});

/** Drains that end when the test says so, and the work that the isolate is kept alive for. */
function isolate() {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const kept: Promise<void>[] = [];
  const soon = drainsInBackground((work) => kept.push(work), never);
  const drain = (name: string) =>
    soon(() => {
      started.push(name);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      return promise;
    });
  return { started, ends, kept, drain };
}

/** Whatever was only waiting for a turn has had it. */
const settle = () =>
  new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(resolve))));

Deno.test("a drain starts at once, and the isolate is kept alive for it", () => {
  const { started, kept, drain } = isolate();
  drain("first");
  assertEquals([started, kept.length], [["first"], 1]);
});

Deno.test("a request during a drain starts one more after it, and none beside it", async () => {
  const { started, ends, kept, drain } = isolate();
  drain("first");
  drain("second");
  drain("third");
  assertEquals([started, kept.length], [["first"], 1]);
  ends[0]?.();
  await settle();
  assertEquals(started, ["first", "third"], "one drain sees what both asked for");
  ends[1]?.();
  await kept[0];
  assertEquals([started.length, kept.length], [2, 1]);
});

Deno.test("a request after the last drain ended starts a new one", async () => {
  const { started, ends, kept, drain } = isolate();
  drain("first");
  ends[0]?.();
  await kept[0];
  drain("second");
  assertEquals([started, kept.length], [["first", "second"], 2]);
  ends[1]?.();
  await kept[1];
});

Deno.test("a drain that fails blocks neither a later one nor one requested meanwhile", async () => {
  const kept: Promise<void>[] = [];
  const started: string[] = [];
  const soon = drainsInBackground((work) => kept.push(work), never);
  const drain = (name: string) => () => {
    started.push(name);
    return Promise.resolve();
  };
  const { promise, reject } = Promise.withResolvers<void>();
  soon(() => promise);
  soon(drain("meanwhile"));
  reject(new Error("the database is away"));
  await kept[0]?.catch(() => {});
  await kept[1];
  soon(drain("later"));
  await kept[2];
  assertEquals(started, ["meanwhile", "later"]);
});

Deno.test("a drain that waits before its next look looks at once on a request", async () => {
  const soon = drainsInBackground(() => {}, never);
  const looks: number[] = [];
  soon(async (linger) => {
    looks.push(1);
    await linger(40);
    looks.push(2);
    await linger(40);
    looks.push(3);
  });
  soon(() => Promise.resolve());
  await settle();
  assertEquals(looks, [1, 2]);
  soon(() => Promise.resolve());
  await settle();
  assertEquals(looks, [1, 2, 3]);
});
