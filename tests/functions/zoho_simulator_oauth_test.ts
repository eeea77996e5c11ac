import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { HOUR, MINUTE } from "../../supabase/functions/_shared/platform/duration.ts";
import { withZoho } from "../../local/zoho/testing.ts";

const listDeals = "Deals?fields=Deal_Name";

Deno.test(
  "a refresh gives a token of an hour and the domain to call",
  withZoho(async (zoho) => {
    const { status, body } = await zoho.refresh();
    assertEquals(status, 200);
    assertMatch(String(body.access_token), /^1000\.[0-9a-f]{32}\.[0-9a-f]{32}$/);
    assertEquals(body.expires_in, 3600);
    assertEquals(body.api_domain, zoho.url);
    assertEquals(body.refresh_token, undefined);
  }),
);

Deno.test(
  "refresh parameters may be in the query, a form or a multipart body",
  withZoho(async (zoho) => {
    const parameters = {
      grant_type: "refresh_token",
      client_id: "1000.LOCALCLIENT",
      client_secret: "local-client-secret",
      refresh_token: "1000.local.refresh",
    };
    const form = new FormData();
    for (const [name, value] of Object.entries(parameters)) form.set(name, value);
    const address = `${zoho.url}/oauth/v2/token`;
    const query = new URLSearchParams(parameters);
    for (
      const ask of [
        () => fetch(`${address}?${query}`, { method: "POST" }),
        () => fetch(address, { method: "POST", body: query }),
        () => fetch(address, { method: "POST", body: form }),
      ]
    ) {
      const body = await (await ask()).json();
      assertEquals(typeof body.access_token, "string");
    }
  }),
);

Deno.test(
  "a refusal of the accounts server has status 200 and an error word",
  withZoho(async (zoho) => {
    const wrong = {
      invalid_client: { client_id: "x" },
      invalid_client_secret: { client_secret: "x" },
      invalid_code: { refresh_token: "x" },
    };
    for (const [error, parameters] of Object.entries(wrong)) {
      const reply = await zoho.refresh(parameters);
      assertEquals([reply.status, reply.body.error], [200, error]);
    }
    assertEquals((await zoho.control.state()).tokens.refused, 3);
  }),
);

Deno.test(
  "the eleventh new token within ten minutes is Access Denied, and later it works again",
  withZoho(async (zoho) => {
    for (let count = 0; count < 10; count++) assert((await zoho.refresh()).body.access_token);
    const denied = await zoho.refresh();
    assertEquals([denied.status, denied.body.error], [400, "Access Denied"]);
    await zoho.control.changeSettings({ throttleStatus: 200 });
    assertEquals((await zoho.refresh()).status, 200);
    await zoho.control.advanceClock(10 * MINUTE);
    assert((await zoho.refresh()).body.access_token);
  }),
);

Deno.test(
  "the sixteenth active token ends the oldest",
  withZoho(async (zoho) => {
    const first = await zoho.token();
    for (let count = 0; count < 14; count++) await zoho.refresh();
    assertEquals((await zoho.call("GET", listDeals)).status, 204);
    await zoho.refresh();
    const { status, body } = await zoho.call("GET", listDeals, undefined, { token: first });
    assertEquals([status, body.code], [401, "INVALID_TOKEN"]);
    assertEquals((await zoho.control.state()).tokens.active, 15);
  }, { settings: { newTokensPer10Minutes: 100 } }),
);

Deno.test(
  "a token ends after an hour on Zoho's clock",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.advanceClock(HOUR - MINUTE);
    assertEquals((await zoho.call("GET", listDeals)).status, 204);
    await zoho.control.advanceClock(MINUTE);
    assertEquals((await zoho.call("GET", listDeals)).code, "INVALID_TOKEN");
    for (const expiredTokenCode of ["INVALID_OAUTHTOKEN", "AUTHENTICATION_FAILURE"] as const) {
      await zoho.control.changeSettings({ expiredTokenCode });
      assertEquals((await zoho.call("GET", listDeals)).code, expiredTokenCode);
    }
  }),
);

Deno.test(
  "a call without a token or with a Bearer one is an authentication failure",
  withZoho(async (zoho) => {
    const none = await zoho.call("GET", listDeals, undefined, { token: null });
    assertEquals([none.status, none.code], [401, "AUTHENTICATION_FAILURE"]);
    const headers = { authorization: `Bearer ${await zoho.token()}` };
    assertEquals(
      (await zoho.call("GET", listDeals, undefined, { headers })).code,
      "AUTHENTICATION_FAILURE",
    );
  }),
);

Deno.test(
  "a revoked refresh token is refused with its access tokens, until it is restored",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.tokens("revoke_refresh");
    assertEquals((await zoho.refresh()).body.error, "invalid_code");
    assertEquals((await zoho.call("GET", listDeals)).status, 401);
    await zoho.control.tokens("restore_refresh");
    assert((await zoho.refresh()).body.access_token);
  }),
);

Deno.test(
  "a grant code gives a refresh token once, within three minutes",
  withZoho(async (zoho) => {
    const code = await zoho.control.grantCode();
    const exchange = (code: string) => zoho.refresh({ grant_type: "authorization_code", code });
    const first = await exchange(code);
    assertMatch(String(first.body.refresh_token), /^1000\./);
    assert((await zoho.refresh({ refresh_token: String(first.body.refresh_token) })).body.access_token);
    assertEquals((await exchange(code)).body.error, "invalid_code");
    const late = await zoho.control.grantCode();
    await zoho.control.advanceClock(3 * MINUTE);
    assertEquals((await exchange(late)).body.error, "invalid_code");
  }),
);

Deno.test(
  "a token without the scope of a call is refused by name",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ scopes: "ZohoCRM.modules.deals.READ" });
    assertEquals((await zoho.call("GET", listDeals)).status, 204);
    const write = await zoho.call("POST", "Deals", { data: [{}] });
    assertEquals([write.status, write.code], [401, "OAUTH_SCOPE_MISMATCH"]);
    const search = await zoho.call("GET", "Deals/search?word=abc");
    assertEquals(search.code, "OAUTH_SCOPE_MISMATCH");
  }),
);

Deno.test(
  "a refresh token of another data centre is unknown",
  withZoho(async (zoho) => {
    await zoho.token();
    await zoho.control.changeSettings({ dataCentre: "eu" });
    assertEquals((await zoho.refresh()).body.error, "invalid_code");
    assertEquals((await zoho.call("GET", listDeals)).status, 401);
    const info = await (await fetch(`${zoho.url}/oauth/serverinfo`)).json();
    assertEquals(info.locations.eu, zoho.url);
    assertNotEquals(info.locations.us, zoho.url);
  }),
);
