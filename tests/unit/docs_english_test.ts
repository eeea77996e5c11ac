import { assertEquals } from "@std/assert";
import { allPages, proseOf } from "../support/docs/pages.ts";

/** Words for which there is always a plainer one that names who acts or what is done. */
const avoided = /\b(nobody|somebody|anybody|everybody|mend(?:s|ed|ing)?|knocks?|asked for|as it stands)\b/i;

/** Pages whose text is printed by programs or quotes titles of tests. */
const quoted = /^docs\/(?:quickstart|reliability)\.md$/;

Deno.test("the pages name who acts, and say fix for mend", () => {
  const strays = allPages().filter(({ path }) => !quoted.test(path)).flatMap(({ path, text }) =>
    proseOf(text).replaceAll(/`[^`\n]*`/g, "").split("\n")
      .filter((line) => avoided.test(line)).map((line) => `${path}: ${line.trim()}`)
  );
  assertEquals(strays, []);
});
