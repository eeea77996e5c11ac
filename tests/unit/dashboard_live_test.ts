import { assert, assertEquals } from "@std/assert";
import { joinPages } from "../../dashboard/src/live/pages_behind.ts";
import { isStale, waitMs } from "../../dashboard/src/live/pace.ts";
import { Resources } from "../../dashboard/src/live/resource.ts";

Deno.test("each failure in a row doubles the wait, up to a minute; one success resets it", () => {
  assertEquals([0, 1, 2, 3, 4, 9].map((failures) => waitMs(failures, 5_000)), [
    5_000,
    10_000,
    20_000,
    40_000,
    60_000,
    60_000,
  ]);
  assertEquals(waitMs(3, 120_000), 120_000);
});

Deno.test("an answer is stale once two polls were missed", () => {
  assertEquals(isStale(undefined, 1e9, 5_000), false);
  assertEquals(isStale(0, 15_000, 5_000), false);
  assertEquals(isStale(0, 15_001, 5_000), true);
});

Deno.test("two subscribers to a path share one request and both get the answer", async () => {
  const asked: string[] = [];
  const resources = new Resources((path) => {
    asked.push(path);
    return Promise.resolve({ path });
  }, () => 42);
  let told = 0;
  resources.subscribe(() => told++);
  await Promise.all([resources.refresh("/a"), resources.refresh("/a")]);
  assertEquals(asked, ["/a"]);
  assertEquals(resources.get("/a"), {
    data: { path: "/a" },
    asOfMs: 42,
    error: undefined,
    isFetching: false,
  });
  assert(told >= 2);
});

Deno.test("a failure keeps the last good answer and its time; the next success clears the error", async () => {
  let fault: Error | null = null;
  const resources = new Resources(() => fault ? Promise.reject(fault) : Promise.resolve("good"), () => 7);
  await resources.refresh("/a");
  fault = new Error("away");
  await resources.refresh("/a");
  assertEquals(resources.get("/a"), { data: "good", asOfMs: 7, error: fault, isFetching: false });
  fault = null;
  await resources.refresh("/a");
  assertEquals(resources.get("/a").error, undefined);
});

Deno.test("an answer requested before an action is not used after it", async () => {
  const answers = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  let asked = 0;
  const resources = new Resources(() =>
    answers[asked++]?.promise ?? Promise.reject(new Error("asked too often"))
  );
  const before = resources.refresh("/a");
  const after = resources.refreshAfterAction("/a");
  answers[0]?.resolve("before the action");
  answers[1]?.resolve("after it");
  await Promise.all([before, after]);
  assertEquals(resources.get("/a").data, "after it");
});

const joined = (first: string, next: string | null, behind: string, behindNext: string | null = "more") => {
  const page = joinPages(
    { items: [...first], next },
    { list: "/", items: [...behind], next: behindNext },
    (it) => it,
  );
  return [page.items.join(""), page.next];
};

Deno.test("rows that newer ones push off the first page stay where further pages were read", () => {
  assertEquals(joined("abcd", "d", "abcdefgh"), ["abcdefgh", "more"]);
  assertEquals(joined("yzab", "b", "abcdefgh"), ["yzabcdefgh", "more"]);
});

Deno.test("a row that left the head of a list is not shown behind it", () => {
  assertEquals(joined("cdef", "f", "abcdefgh"), ["cdefgh", "more"]);
});

Deno.test("pages of one comparison are not shown behind the first page of the next", () => {
  assertEquals(joined("stuv", "v", "abcdefgh"), ["stuv", "v"]);
  assertEquals(joined("st", null, "abcdefgh"), ["st", null]);
  assertEquals(joinPages({ items: ["a"], next: "a" }, undefined, (it) => it), { items: ["a"], next: "a" });
});
