import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ConfigurationError } from "../../supabase/functions/_shared/platform/environment.ts";
import { loadSettings } from "../../supabase/functions/_shared/platform/engine_settings.ts";
import { goodEnvironment, inBase64, keyOf } from "../support/samples/settings.ts";

const without = (variable: string) =>
  Object.fromEntries(Object.entries(goodEnvironment).filter(([name]) => name !== variable));
const withValue = (variable: string, value: string) => ({ ...goodEnvironment, [variable]: value });

/** Loads, expects a refusal that names the variable and a way out, and that says nothing of any value. */
function refusalOf(env: Record<string, string>, variable: string): ConfigurationError {
  const error = assertThrows(() => loadSettings(env), ConfigurationError);
  assertEquals([error.variable, error.code, error.name], [
    variable,
    "BAD_CONFIGURATION",
    "ConfigurationError",
  ]);
  assertEquals(error.message, `${variable} ${error.problem}. ${error.hint}`);
  assert(
    error.hint.length > 10 && error.hint !== "See docs/settings.md.",
    `${variable} has no hint of its own`,
  );
  const said = [error.message, error.stack, JSON.stringify(error), Deno.inspect(error), String(error.cause)];
  for (const [name, value] of Object.entries(env)) {
    // Shorter values stand in hints as examples.
    if (value.trim().length < 3) continue;
    assert(!said.join("\n").includes(value), `the refusal of ${variable} says the value of ${name}`);
  }
  return error;
}

Deno.test("required variables are enough, and the rest have their documented defaults", () => {
  assertEquals(loadSettings(goodEnvironment), {
    supabaseUrl: "http://127.0.0.1:54321",
    webUrl: "https://crm.zoho.eu",
    region: "EU",
    clientId: goodEnvironment.ZOHO_CLIENT_ID ?? "",
    clientSecret: goodEnvironment.ZOHO_CLIENT_SECRET ?? "",
    pipeline: null,
    refreshToken: goodEnvironment.ZOHO_REFRESH_TOKEN ?? "",
    tokenKeys: [keyOf(7)],
    accountsUrl: "https://accounts.zoho.eu",
    apiUrl: null,
    defaultApiUrl: "https://www.zohoapis.eu",
    apiVersion: "v8",
    timeZone: "Africa/Johannesburg",
    timeoutMs: 30_000,
    concurrency: 4,
    accountRegistrationField: null,
    accountVatField: null,
    lineTax: "none",
    runWorkflows: true,
    actingRoles: ["admin", "super_admin"],
  });
});

Deno.test("every optional variable takes effect", () => {
  const settings = loadSettings({
    ...goodEnvironment,
    ZOHO_API_VERSION: "v7",
    ZOHO_TIME_ZONE: "Europe/Berlin",
    ZOHO_API_URL: "http://127.0.0.1:9000/",
    ZOHO_ACCOUNTS_URL: "http://127.0.0.1:9001",
    ZOHO_TIMEOUT_MS: "1000",
    ZOHO_CONCURRENCY: "10",
    ZOHO_RUN_WORKFLOWS: "false",
    ZOHO_LINE_TAX: "leave",
    ZOHO_ACCOUNT_REGISTRATION_FIELD: "Registration_Number",
    ZOHO_ACCOUNT_VAT_FIELD: " VAT_Number ",
  });
  assertEquals(
    [settings.apiVersion, settings.timeZone, settings.apiUrl, settings.accountsUrl],
    ["v7", "Europe/Berlin", "http://127.0.0.1:9000", "http://127.0.0.1:9001"],
  );
  assertEquals([settings.timeoutMs, settings.concurrency, settings.runWorkflows], [1_000, 10, false]);
  assertEquals(settings.lineTax, "leave");
  assertEquals(
    [settings.accountRegistrationField, settings.accountVatField],
    ["Registration_Number", "VAT_Number"],
  );
});

const required = Object.keys(goodEnvironment);

for (const variable of required) {
  Deno.test(`without ${variable} nothing starts, and the refusal says that it is not set`, () => {
    assertEquals(refusalOf(without(variable), variable).problem, "is not set");
  });

  Deno.test(`an empty ${variable} is refused as empty`, () => {
    for (const empty of ["", "   ", "\n"]) {
      assertEquals(refusalOf(withValue(variable, empty), variable).problem, "is empty");
    }
  });
}

const wrongValues: [variable: string, problem: string, values: string[]][] = [
  ["SUPABASE_URL", "is not an http(s) address", ["hunter2", "ftp://hunter2.example", "hunter2.supabase.co"]],
  ["ZOHO_REGION", "is not a region that Zoho has", ["ZA", "HUNTER2", "constructor", "zoho.eu"]],
  ["ZOHO_TOKEN_ENCRYPTION_KEY", "is not 32 bytes in base64", [
    "hunter2!",
    inBase64(keyOf(1, 16)),
    inBase64(keyOf(1, 31)),
    inBase64(keyOf(1, 33)),
    `${inBase64(keyOf(1))},hunter2!`,
    `${inBase64(keyOf(1))},`,
    "01".repeat(32),
  ]],
  ["ZOHO_API_VERSION", "is not a version like v8", ["8", "latest", "v8/../v2", "v"]],
  ["ZOHO_TIME_ZONE", "is not a time zone", ["Mars/Olympus_Mons", "Karoo"]],
  ["ZOHO_API_URL", "is not an http(s) address", ["sandbox.zohoapis.example", "ftp://hunter2.example"]],
  ["ZOHO_ACCOUNTS_URL", "is not an http(s) address", ["hunter2", "file:///hunter2"]],
  ["ZOHO_TIMEOUT_MS", "is not a whole number", ["30s", "1.5", "-5000", "1e4"]],
  ["ZOHO_TIMEOUT_MS", "is not between 1000 and", ["999", "60001"]],
  ["ZOHO_CONCURRENCY", "is not a whole number", ["four", "2.5"]],
  ["ZOHO_CONCURRENCY", "is not between 1 and", ["0", "11"]],
  ["ZOHO_ACTING_ROLES", "has an empty role", [",", "admin,,manager"]],
  ["ZOHO_LINE_TAX", "is neither none nor leave", ["None", "[]", "15"]],
  ["ZOHO_RUN_WORKFLOWS", "is neither true nor false", ["yes", "TRUE!", "1"]],
  ["ZOHO_ACCOUNT_REGISTRATION_FIELD", "is no api_name", [
    "Registration Number",
    "a, b",
    "1st",
    "Account.Name",
  ]],
  ["ZOHO_ACCOUNT_VAT_FIELD", "is no api_name", ["VAT-Number", "VAT' or 1=1"]],
];

for (const [variable, problem, values] of wrongValues) {
  Deno.test(`a wrong ${variable} is refused: it ${problem}`, () => {
    for (const value of values) {
      assertStringIncludes(refusalOf(withValue(variable, value), variable).problem, problem, `"${value}"`);
    }
  });
}

const optional = [
  "ZOHO_API_VERSION",
  "ZOHO_TIME_ZONE",
  "ZOHO_API_URL",
  "ZOHO_ACCOUNTS_URL",
  "ZOHO_TIMEOUT_MS",
  "ZOHO_CONCURRENCY",
  "ZOHO_RUN_WORKFLOWS",
  "ZOHO_LINE_TAX",
  "ZOHO_ACTING_ROLES",
  "ZOHO_ACCOUNT_REGISTRATION_FIELD",
  "ZOHO_ACCOUNT_VAT_FIELD",
];

for (const variable of optional) {
  Deno.test(`an empty ${variable} counts as unset`, () => {
    for (const empty of ["", "  "]) {
      assertEquals(loadSettings(withValue(variable, empty)), loadSettings(goodEnvironment));
    }
  });
}

const hosts = [
  ["US", "https://accounts.zoho.com", "https://www.zohoapis.com"],
  ["EU", "https://accounts.zoho.eu", "https://www.zohoapis.eu"],
  ["IN", "https://accounts.zoho.in", "https://www.zohoapis.in"],
  ["AU", "https://accounts.zoho.com.au", "https://www.zohoapis.com.au"],
  ["CN", "https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn"],
  ["JP", "https://accounts.zoho.jp", "https://www.zohoapis.jp"],
  ["CA", "https://accounts.zohocloud.ca", "https://www.zohoapis.ca"],
  ["SA", "https://accounts.zoho.sa", "https://www.zohoapis.sa"],
  ["UK", "https://accounts.zoho.uk", "https://www.zohoapis.uk"],
] as const;

for (const [region, accounts, api] of hosts) {
  Deno.test(`region ${region} has its accounts and API hosts, in either case`, () => {
    for (const spelling of [region, region.toLowerCase(), ` ${region} `]) {
      const settings = loadSettings(withValue("ZOHO_REGION", spelling));
      assertEquals([settings.region, settings.accountsUrl, settings.defaultApiUrl], [region, accounts, api]);
    }
  });
}

Deno.test("several encryption keys are kept in order, spaces around the commas or not", () => {
  const keys = `${inBase64(keyOf(9))} , ${inBase64(keyOf(7))}`;
  assertEquals(loadSettings(withValue("ZOHO_TOKEN_ENCRYPTION_KEY", keys)).tokenKeys, [keyOf(9), keyOf(7)]);
});

Deno.test("spaces around a pasted secret are dropped", () => {
  assertEquals(
    loadSettings(withValue("ZOHO_CLIENT_SECRET", " pasted-secret\n")).clientSecret,
    "pasted-secret",
  );
});

Deno.test("one of several wrong variables is named", () => {
  const env = { ...goodEnvironment, ZOHO_REGION: "HUNTER2", ZOHO_TIMEOUT_MS: "soon" };
  refusalOf(env, "ZOHO_REGION");
});
