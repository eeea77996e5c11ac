import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigurationError } from "../../supabase/functions/_shared/platform/environment.ts";
import { loadWebhookSettings } from "../../supabase/functions/_shared/platform/webhook_settings.ts";

const secret = "first-secret-of-at-least-thirty-two-characters";
const second = "second-secret-of-at-least-thirty-two-chars";
const token = "channel-token-of-thirty-characters";
const good = { ZOHO_CRM_WEBHOOK_SECRET: secret, ZOHO_NOTIFICATION_TOKEN: token };

/** The error that one broken variable brings; it must name the variable and nothing of its value. */
function refusal(broken: Record<string, string | undefined>): ConfigurationError {
  const error = assertThrows(() => loadWebhookSettings({ ...good, ...broken }), ConfigurationError);
  const [[variable = "", value = ""] = []] = Object.entries(broken);
  assertEquals(error.variable, variable);
  const said = `${error.message} ${error.stack}`;
  for (const part of value.split(",").map((each) => each.trim())) {
    assert(part === "" || !said.includes(part), said);
  }
  return error;
}

Deno.test("a single secret and a token are read", () => {
  assertEquals(loadWebhookSettings(good), { secrets: [secret], notificationTokens: [token] });
});

Deno.test("several secrets are separated by commas, with or without blanks", () => {
  const settings = loadWebhookSettings({ ...good, ZOHO_CRM_WEBHOOK_SECRET: ` ${secret}, ${second} ` });
  assertEquals(settings.secrets, [secret, second]);
});

Deno.test("several tokens are separated by commas while one is replaced", () => {
  const next = "the-next-channel-token";
  const settings = loadWebhookSettings({ ...good, ZOHO_NOTIFICATION_TOKEN: `${next}, ${token}` });
  assertEquals(settings.notificationTokens, [next, token]);
});

Deno.test("a missing or empty token disables notifications", () => {
  for (const value of [undefined, "", "  "]) {
    assertEquals(loadWebhookSettings({ ...good, ZOHO_NOTIFICATION_TOKEN: value }).notificationTokens, []);
  }
});

Deno.test("a secret that is missing or empty is refused", () => {
  assertEquals(refusal({ ZOHO_CRM_WEBHOOK_SECRET: undefined }).problem, "is not set");
  for (const value of ["", "   "]) {
    assertEquals(refusal({ ZOHO_CRM_WEBHOOK_SECRET: value }).problem, "is empty");
  }
});

Deno.test("a secret of fewer than 32 characters is refused, and so is one of several", () => {
  const short = "only-thirty-one-characters-long";
  assertEquals(short.length, 31);
  for (
    const value of [
      short,
      `${secret},${short}`,
      `${short},${secret}`,
      `${secret},`,
      `${secret},,${second}`,
      ",",
      `,${secret}`,
    ]
  ) {
    refusal({ ZOHO_CRM_WEBHOOK_SECRET: value });
  }
  loadWebhookSettings({ ...good, ZOHO_CRM_WEBHOOK_SECRET: `${short}x` });
});

Deno.test("a token that can be guessed or that Zoho would cut is refused", () => {
  refusal({ ZOHO_NOTIFICATION_TOKEN: "nineteen-characters" });
  refusal({ ZOHO_NOTIFICATION_TOKEN: "t".repeat(51) });
  refusal({ ZOHO_NOTIFICATION_TOKEN: `${token},` });
  for (const length of [20, 50]) {
    loadWebhookSettings({ ...good, ZOHO_NOTIFICATION_TOKEN: "t".repeat(length) });
  }
});
