import { assertEquals } from "@std/assert";
import { runChaos } from "./run.ts";

const seed = 4;
const minutes = 0.4;

Deno.test("chaos: after faults, kills and restarts no contract is lost, doubled or wrong", async () => {
  const { findings, report, histories } = await runChaos({ seed, minutes });
  assertEquals(
    findings,
    { lost: [], doubled: [], wrong: [], other: [] },
    `${[report, ...histories].join("\n\n")}\nReplay: deno task chaos --minutes ${minutes} --seed ${seed}`,
  );
});
