import { assert, assertEquals } from "@std/assert";
import { createLog, type Log, maskSecrets } from "../../supabase/functions/_shared/platform/log.ts";

function linesOf(say: (log: Log) => void): string[] {
  const lines: string[] = [];
  say(createLog("zoho-sync", (line) => lines.push(line)));
  return lines;
}
const lineOf = (say: (log: Log) => void): string => {
  const [line, ...others] = linesOf(say);
  assertEquals(others, []);
  return line ?? "";
};

Deno.test("a message is one JSON object on one line", () => {
  const line = lineOf((log) => log("warn", "drain\nfinished", { settled: 3, code: "HTTP_429" }));
  assert(!line.includes("\n"));
  const { ts, ...rest } = JSON.parse(line);
  assertEquals(rest, {
    level: "warn",
    fn: "zoho-sync",
    msg: "drain\nfinished",
    settled: 3,
    code: "HTTP_429",
  });
  assert(!Number.isNaN(Date.parse(ts)));
});

Deno.test("a message needs no fields", () => {
  assertEquals(JSON.parse(lineOf((log) => log("info", "up"))).msg, "up");
});

const secrets = [
  ["an access token", "1000.8cb99dxxxxxxxxxxxxx9be93.9b8xxxxxxxxxxxxxxxf"],
  ["a client id", "1000.GMB0YULZHJK411284S8I5GZ4CHUEX0"],
  ["a secret key of the project", "sb_secret_abcdefghijklmnopqrstuv_12345678"],
  ["a JWT", "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl"],
  ["an encrypted token", "v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="],
] as const;

for (const [what, secret] of secrets) {
  Deno.test(`${what} is masked, in the message as in a field`, () => {
    const line = lineOf((log) =>
      log("error", `refused ${secret}.`, { nested: { secret }, list: [`Bearer ${secret}`] })
    );
    assert(!line.includes(secret.slice(6)), line);
    assertEquals(line.split(`${secret.slice(0, 4)}…`).length, 4);
    JSON.parse(line);
  });
}

Deno.test("ids, addresses, figures and versions are not masked as secrets", () => {
  const text =
    "2f0c7f0e-6b51-4c7e-9d39-2a8d5c1a9b01 4000000000123 1000.5 ms v1 v8 https://www.zohoapis.com 1000.00";
  assertEquals(maskSecrets(text), text);
});

Deno.test("every secret of a text is masked", () => {
  assertEquals(maskSecrets("1000.aaaaaaaa and 1000.bbbbbbbb"), "1000… and 1000…");
});

Deno.test("a line stays below the platform's limit, and is valid JSON", () => {
  const line = lineOf((log) =>
    log("info", "m".repeat(6_000), { huge: "x".repeat(20_000), code: "HTTP_429" })
  );
  assert(line.length <= 10_000, `${line.length} characters`);
  assertEquals(JSON.parse(line).level, "info");
});

Deno.test("a secret on the edge of a cut is masked before the cut", () => {
  const secret = "1000.8cb99daaaaaaaaaaaaa9be93.9b8aaaaaaaaaaaaaaaf";
  for (let before = 8_850; before < 9_010; before += 10) {
    const line = lineOf((log) => log("info", `${" ".repeat(before)}${secret}`));
    assert(!line.includes("1000.8cb"), `after ${before} characters`);
  }
});
