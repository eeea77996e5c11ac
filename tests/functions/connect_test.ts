import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { runConnect } from "../../cli/connect.ts";
import { askerOf } from "../../cli/support/ask.ts";
import { CommandError } from "../../cli/support/command.ts";
import { parseEnvFile } from "../../cli/support/env_file.ts";
import { type TestZoho, withZoho } from "../../local/zoho/testing.ts";
import { decryptSecret } from "../../supabase/functions/_shared/platform/secrets.ts";
import { scopeText } from "../../supabase/functions/_shared/zoho/scopes.ts";
import { withStack } from "../support/stack.ts";

// From a grant code to the secrets file and the stored token, against the simulator; the good case with one thing broken.

interface Attempt {
  exitCode: number;
  printed: string;
  /** Null when there is no file; and then it has no rights. */
  text: string | null;
  rights: number | null;
}

const goodEnv = {
  ZOHO_CLIENT_ID: "1000.LOCALCLIENT",
  ZOHO_CLIENT_SECRET: "local-client-secret",
  ZOHO_REGION: "EU",
};

/** The name of a file that does not exist yet; what is written there is removed after the work. */
async function withFileName<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "connect-" });
  try {
    return await work(join(folder, ".env"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs the command without a terminal, with a fresh code unless one is given. */
function tryConnect(
  zoho: TestZoho,
  { args = [], env = {}, before, code }: {
    args?: string[];
    env?: Record<string, string>;
    before?: string;
    code?: string;
  } = {},
): Promise<Attempt> {
  return withFileName(async (file) => {
    if (before !== undefined) await Deno.writeTextFile(file, before);
    const variables: Record<string, string> = {
      ...goodEnv,
      ZOHO_ACCOUNTS_URL: zoho.url,
      ZOHO_API_URL: zoho.url,
      ZOHO_GRANT_CODE: code ?? await zoho.control.grantCode(scopeText),
      ...env,
    };
    const printed: string[] = [];
    const terminal = {
      env: (name: string) => variables[name],
      print: (text: string) => printed.push(text),
      fetch,
    };
    const exitCode = await runConnect(["--secrets-file", file, ...args], terminal, askerOf(false))
      .catch((error) => {
        if (!(error instanceof CommandError)) throw error;
        printed.push(error.message);
        return error.exitCode;
      });
    const text = await Deno.readTextFile(file).catch(() => null);
    const rights = text === null ? null : ((await Deno.stat(file)).mode ?? 0) & 0o777;
    return { exitCode, printed: printed.join("\n"), text, rights };
  });
}

const variablesOf = ({ text }: Attempt) => parseEnvFile(text ?? "");

Deno.test(
  "a grant code becomes a refresh token in a file readable only by its owner, with every secret in it",
  withZoho(async (zoho) => {
    const attempt = await tryConnect(zoho);
    assertEquals(attempt.exitCode, 0, attempt.printed);
    assertEquals(attempt.rights, 0o600);
    const variables = variablesOf(attempt);
    assertEquals(variables.ZOHO_REGION, "EU");
    assertMatch(variables.ZOHO_REFRESH_TOKEN ?? "", /^1000\./);
    assertEquals(atob(variables.ZOHO_TOKEN_ENCRYPTION_KEY ?? "").length, 32);
    assert((variables.ZOHO_CRM_WEBHOOK_SECRET ?? "").length >= 32);
    assert((variables.ZOHO_NOTIFICATION_TOKEN ?? "").length >= 20);
    assertMatch(attempt.text ?? "", /^# Data centre of your Zoho org/m);
    const refreshed = await zoho.refresh({ refresh_token: variables.ZOHO_REFRESH_TOKEN ?? "" });
    assertMatch(String(refreshed.body.access_token), /^1000\./);
  }),
);

Deno.test(
  "no secret is printed",
  withZoho(async (zoho) => {
    const code = await zoho.control.grantCode(scopeText);
    const attempt = await tryConnect(zoho, { code });
    const secrets = Object.entries(variablesOf(attempt)).filter(([name]) => /TOKEN|SECRET|KEY/.test(name));
    assert(secrets.length >= 5);
    for (const [name, value] of [...secrets, ["the code", code] as const]) {
      assertEquals(attempt.printed.includes(value), false, name);
    }
    assertMatch(attempt.printed, /refresh token \(1000\.\w{2}….{2}\)/);
  }),
);

Deno.test(
  "existing secrets and lines stay, and the refresh token is replaced in place",
  withZoho(async (zoho) => {
    const key = btoa("k".repeat(32));
    const before = `# mine\nOTHER=1\nZOHO_REFRESH_TOKEN=1000.old\nZOHO_TOKEN_ENCRYPTION_KEY=${key}\n# tail\n`;
    const { text, exitCode } = await tryConnect(zoho, { before });
    assertEquals(exitCode, 0);
    const lines = (text ?? "").split("\n");
    assertEquals([lines[0], lines[1], lines[3], lines[4]], [
      "# mine",
      "OTHER=1",
      `ZOHO_TOKEN_ENCRYPTION_KEY=${key}`,
      "# tail",
    ]);
    assertMatch(lines[2] ?? "", /^ZOHO_REFRESH_TOKEN=1000\.(?!old)/);
  }),
);

Deno.test(
  "connecting again replaces the refresh token and keeps the rest",
  withZoho(async (zoho) => {
    const first = await tryConnect(zoho);
    const second = await tryConnect(zoho, { before: first.text ?? "" });
    const { ZOHO_REFRESH_TOKEN: old, ...kept } = variablesOf(first);
    const { ZOHO_REFRESH_TOKEN: fresh, ...same } = variablesOf(second);
    assertEquals(same, kept);
    assert(old !== fresh);
  }),
);

const wrong: [string, (zoho: TestZoho) => Promise<Attempt>, RegExp][] = [
  [
    "a mistyped code",
    (zoho) => tryConnect(zoho, { code: "1000.wrong" }),
    /invalid_code: The grant code is not valid.*data centre/,
  ],
  [
    "a code that was used before",
    async (zoho) => {
      const code = await zoho.control.grantCode(scopeText);
      await tryConnect(zoho, { code });
      return await tryConnect(zoho, { code });
    },
    /used before/,
  ],
  [
    "a code that is older than its minutes",
    async (zoho) => {
      const code = await zoho.control.grantCode(scopeText);
      await zoho.control.advanceClock(4 * 60_000);
      return await tryConnect(zoho, { code });
    },
    /its minutes are over/,
  ],
  [
    "a client that the accounts host does not know",
    (zoho) => tryConnect(zoho, { env: { ZOHO_CLIENT_ID: "1000.OTHER" } }),
    /invalid_client: .*another data centre/,
  ],
  [
    "a wrong client secret",
    (zoho) => tryConnect(zoho, { env: { ZOHO_CLIENT_SECRET: "no" } }),
    /invalid_client_secret: The client secret does not belong/,
  ],
  [
    "a data centre that Zoho does not have",
    (zoho) => tryConnect(zoho, { args: ["--region", "ZA"] }),
    /"ZA" is not a data centre/,
  ],
  [
    "an accounts host that does not answer",
    (zoho) => tryConnect(zoho, { env: { ZOHO_ACCOUNTS_URL: "http://127.0.0.1:9" } }),
    /could not be reached/,
  ],
];

for (const [what, attempt, explanation] of wrong) {
  Deno.test(
    `${what} is explained, and nothing is written`,
    withZoho(async (zoho) => {
      const { exitCode, printed, text } = await attempt(zoho);
      assert(exitCode !== 0);
      assertMatch(printed, explanation);
      assertEquals(text, null);
      assertEquals(printed.includes("local-client-secret"), false);
    }),
  );
}

Deno.test("too many codes are answered with a wait", async () => {
  const denied =
    (() => Promise.resolve(Response.json({ error: "Access Denied" }, { status: 400 }))) as typeof fetch;
  const terminal = {
    env: (name: string) => ({ ...goodEnv, ZOHO_GRANT_CODE: "1000.x" } as Record<string, string>)[name],
    print: () => {},
    fetch: denied,
  };
  await withFileName((file) =>
    assertRejects(
      () => runConnect(["--secrets-file", file], terminal, askerOf(false)),
      CommandError,
      "Wait 10 minutes",
    )
  );
});

Deno.test(
  "a wrong variable in the file is named before the code is used up",
  withZoho(async (zoho) => {
    const code = await zoho.control.grantCode(scopeText);
    const { printed, exitCode } = await tryConnect(zoho, {
      code,
      before: "ZOHO_TOKEN_ENCRYPTION_KEY=short\n",
    });
    assertEquals(exitCode, 1);
    assertMatch(printed, /ZOHO_TOKEN_ENCRYPTION_KEY is not 32 bytes/);
    assertEquals((await tryConnect(zoho, { code })).exitCode, 0);
  }),
);

const lost: [what: string, asked: { args?: string[]; env?: Record<string, string> }, says: RegExp][] = [
  ["a folder that is not there", { args: ["--secrets-file", "/no/such/folder/.env"] }, /cannot be written/],
  ["a folder instead of a file", { args: ["--secrets-file", "/tmp"] }, /cannot be read/],
  ["a project's address without its scheme", { env: { SUPABASE_URL: "x.supabase.co" } }, /SUPABASE_URL is x/],
  ["a project without its key", { env: { SUPABASE_URL: "https://x.supabase.co" } }, /SECRET_KEY is not set/],
];

for (const [what, asked, says] of lost) {
  Deno.test(
    `${what} is refused before the code is used up`,
    withZoho(async (zoho) => {
      const code = await zoho.control.grantCode(scopeText);
      const { printed, exitCode } = await tryConnect(zoho, { code, ...asked });
      assertMatch(printed, says);
      assertEquals(exitCode, 2);
      assertEquals((await tryConnect(zoho, { code })).exitCode, 0);
    }),
  );
}

Deno.test(
  "missing values are named, not prompted for, without a terminal",
  withZoho(async (zoho) => {
    const { printed, exitCode } = await tryConnect(zoho, { env: { ZOHO_CLIENT_ID: "" } });
    assertEquals(exitCode, 2);
    assertMatch(printed, /Client ID/);
  }),
);

for (
  const scope of [
    "ZohoSearch.securesearch.READ",
    "ZohoCRM.modules.quotes.UPDATE",
    "ZohoCRM.settings.fields.CREATE",
  ]
) {
  Deno.test(
    `a code without ${scope} is stored, and the missing right is named with what it is for`,
    withZoho(async (zoho) => {
      const fewer = scopeText.split(",").filter((each) => each !== scope).join(",");
      const { exitCode, printed, text } = await tryConnect(zoho, {
        code: await zoho.control.grantCode(fewer),
      });
      assertEquals(exitCode, 1);
      assertMatch(printed, /1 of \d+ rights are missing/);
      assertMatch(printed, new RegExp(`${scope.replaceAll(".", "\\.")} +not granted +needed for`));
      assert(text !== null);
    }),
  );
}

Deno.test(
  "checking each right writes nothing in the org",
  withZoho(async (zoho) => {
    await tryConnect(zoho);
    const { records } = await zoho.control.state();
    assertEquals(Object.values(records).reduce((sum, count) => sum + count, 0), 0);
    assertEquals((await zoho.control.changes()).changes, []);
  }, { bare: true }),
);

Deno.test("the stored token of the project is the new one, encrypted, and running isolates do not restore the old one", () =>
  withStack({ cron: false, net: false, functions: ["zoho-token-refresh"] }, async (stack) => {
    const refresh = () => stack.invoke("zoho-token-refresh", {});
    assertEquals((await refresh()).status, 200);
    const zoho = { url: stack.zohoUrl, control: stack.zoho } as TestZoho;
    const attempt = await tryConnect(zoho, {
      env: { SUPABASE_URL: stack.apiUrl, SUPABASE_SECRET_KEY: stack.secretKey },
    });
    assertEquals(attempt.exitCode, 0, attempt.printed);
    assertMatch(attempt.printed, /It is stored in/);
    const variables = variablesOf(attempt);
    const keys = [
      Uint8Array.from(atob(variables.ZOHO_TOKEN_ENCRYPTION_KEY ?? ""), (sign) => sign.charCodeAt(0)),
    ];
    const stored = async () => {
      const [row] = await stack.sql`select refresh_token, access_token from public.zoho_tokens`;
      return await decryptSecret(keys, String(row?.refresh_token));
    };
    assertEquals(await stored(), variables.ZOHO_REFRESH_TOKEN);
    await refresh();
    assertEquals(await stored(), variables.ZOHO_REFRESH_TOKEN);

    await stack.functions.restart("zoho-token-refresh", { ...variables, SUPABASE_URL: stack.apiUrl });
    const issued = (await stack.zoho.state()).tokens.refreshes;
    assertEquals((await refresh()).status, 200);
    assertEquals((await stack.zoho.state()).tokens.refreshes, issued, "the stored access token is used");
  }));
