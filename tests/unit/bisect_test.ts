import { assert, assertEquals } from "@std/assert";
import { bisect, type Sent } from "../../supabase/functions/_shared/sync/attempts/bisect.ts";
import { faultCode, ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";

const refusedAs = (code: string) => new ZohoCallError(code, "refused");
const hundred = Array.from({ length: 100 }, (_, index) => index);

const isOfRecords = (fault: unknown): fault is ZohoCallError => faultCode(fault) !== "TOO_MANY_REQUESTS";

/** Sends numbers; a call with a poisoned one among them is refused. */
async function halved(all: number[], isPoison: (each: number) => boolean, overAt = Infinity) {
  const calls: number[] = [];
  const send = (some: number[]): Promise<Sent<string>> => {
    calls.push(some.length);
    if (calls.length === overAt) return Promise.resolve({ fault: refusedAs("TOO_MANY_REQUESTS") });
    return Promise.resolve(
      some.some(isPoison)
        ? { fault: refusedAs("HTTP_400") }
        : { results: some.map((each) => `made ${each}`) },
    );
  };
  const bisected = await bisect(all, refusedAs("HTTP_400"), {
    send,
    blame: ({ code }) => code,
    isOfRecords,
  });
  return { ...bisected, calls };
}

const blamed = ({ done }: { done: [number, string][] }) =>
  done.filter(([, result]) => result === "HTTP_400").map(([each]) => each);

for (const place of [0, 1, 49, 50, 98, 99]) {
  Deno.test(`one poisoned record of a hundred, number ${place}, is blamed alone within 14 calls`, async () => {
    const found = await halved(hundred, (each) => each === place);
    assertEquals(blamed(found), [place]);
    assertEquals([found.done.length, found.left, found.fault], [100, [], null]);
    assert(found.calls.length <= 14, `${found.calls.length} calls`);
  });
}

Deno.test("several poisoned records are blamed, and every other one goes through once", async () => {
  const found = await halved(hundred, (each) => each % 23 === 7);
  assertEquals(blamed(found).sort((a, b) => a - b), [7, 30, 53, 76, 99]);
  assertEquals(new Set(found.done.map(([each]) => each)).size, 100);
  assertEquals(found.done.length, 100);
});

Deno.test("a single record that is refused carries the blame without another call", async () => {
  const found = await halved([5], () => true);
  assertEquals([blamed(found), found.calls.length], [[5], 0]);
});

Deno.test("bisecting stops when nothing succeeds and one record is refused alone; the rest is left", async () => {
  const found = await halved(hundred, () => true);
  assertEquals([blamed(found), found.left.length, faultCode(found.fault)], [[0], 99, "HTTP_400"]);
  assertEquals(found.calls.length, 7);
});

Deno.test("bisecting goes on when every quarter has a poisoned record and one sent alone succeeds", async () => {
  const found = await halved(hundred, (each) => each % 25 === 3);
  assertEquals(blamed(found).sort((a, b) => a - b), [3, 28, 53, 78]);
  assertEquals([found.done.length, found.fault], [100, null]);
});

Deno.test("a fault of the call ends bisecting: finished records stay, the rest is left", async () => {
  const found = await halved(hundred, (each) => each === 99, 4);
  assertEquals(faultCode(found.fault), "TOO_MANY_REQUESTS");
  assertEquals(found.done.length + found.left.length, 100);
  assertEquals(found.done.length, 75);
});

Deno.test("a pause that meets the single record after silent rounds blames nobody", async () => {
  const calls: number[] = [];
  const found = await bisect(hundred, refusedAs("HTTP_400"), {
    send: (some): Promise<Sent<string>> => {
      calls.push(some.length);
      return Promise.resolve({ fault: refusedAs(some.length === 1 ? "TOO_MANY_REQUESTS" : "HTTP_400") });
    },
    blame: ({ code }) => code,
    isOfRecords,
  });
  assertEquals([found.done, found.left.length, faultCode(found.fault)], [[], 100, "TOO_MANY_REQUESTS"]);
});
