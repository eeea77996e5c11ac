import { assertEquals, assertThrows } from "@std/assert";
import { ConfigurationError } from "../../supabase/functions/_shared/platform/environment.ts";
import { loadAlertSettings } from "../../supabase/functions/_shared/platform/alert_settings.ts";
import { variablesOf } from "../../supabase/functions/_shared/platform/variables.ts";

const good = {
  ZOHO_ALERT_WEBHOOK_URL: "https://hooks.slack.example/services/T0/B0/x",
  ZOHO_ALERT_EMAIL_TO: "ops@circletel.example, night@circletel.example",
  ZOHO_ALERT_EMAIL_FROM: "Zoho sync <sync@circletel.example>",
  ZOHO_ALERT_EMAIL_KEY: "re_key",
};

Deno.test("alerts without any variable have no channel, and that is valid", () => {
  assertEquals(loadAlertSettings({}), {
    webhookUrl: null,
    email: null,
    hook: null,
    heartbeatUrl: null,
    dashboardUrl: null,
    silentHours: 4,
  });
});

Deno.test("mail is sent to several addresses, through Resend unless another service is named", () => {
  assertEquals(loadAlertSettings(good).email, {
    to: ["ops@circletel.example", "night@circletel.example"],
    from: "Zoho sync <sync@circletel.example>",
    key: "re_key",
    url: "https://api.resend.com/emails",
  });
});

const CASES: [broken: Record<string, string | undefined>, variable: string][] = [
  [{ ZOHO_ALERT_WEBHOOK_URL: "slack" }, "ZOHO_ALERT_WEBHOOK_URL"],
  [{ ZOHO_ALERT_EMAIL_TO: "ops@circletel.example, night" }, "ZOHO_ALERT_EMAIL_TO"],
  [{ ZOHO_ALERT_EMAIL_FROM: "sync" }, "ZOHO_ALERT_EMAIL_FROM"],
  [{ ZOHO_ALERT_EMAIL_FROM: undefined }, "ZOHO_ALERT_EMAIL_FROM"],
  [{ ZOHO_ALERT_EMAIL_KEY: "" }, "ZOHO_ALERT_EMAIL_KEY"],
  [{ ZOHO_ALERT_EMAIL_URL: "ftp://mail.example" }, "ZOHO_ALERT_EMAIL_URL"],
  [{ ZOHO_ALERT_HEARTBEAT_URL: "beat" }, "ZOHO_ALERT_HEARTBEAT_URL"],
  [{ ZOHO_ALERT_SILENT_HOURS: "0" }, "ZOHO_ALERT_SILENT_HOURS"],
];

for (const [broken, variable] of CASES) {
  Deno.test(`${JSON.stringify(broken)} is refused, naming ${variable} and not its value`, () => {
    const error = assertThrows(() => loadAlertSettings({ ...good, ...broken }), ConfigurationError);
    assertEquals(error.variable, variable);
    for (const value of Object.values(broken)) {
      if (value) assertEquals(`${error.problem} ${error.hint}`.includes(`${value}.`), false);
    }
  });
}

Deno.test("the list of variables has the required ones and says only whether each is set", () => {
  const variables = variablesOf({ ZOHO_REGION: "EU", ZOHO_PIPELINE: " ", ZOHO_ALERT_EMAIL_KEY: "re_key" });
  const of = (name: string) => variables.find((each) => each.name === name);
  assertEquals(of("ZOHO_REGION"), { name: "ZOHO_REGION", isSet: true, isRequired: true });
  assertEquals(of("ZOHO_PIPELINE"), { name: "ZOHO_PIPELINE", isSet: false, isRequired: false });
  assertEquals(of("ZOHO_CRM_WEBHOOK_SECRET")?.isRequired, true);
  assertEquals(of("ZOHO_ALERT_EMAIL_KEY")?.isSet, true);
  assertEquals(JSON.stringify(variables).includes("re_key"), false);
});
