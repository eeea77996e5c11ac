import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { regionHosts, regions } from "../../supabase/functions/_shared/platform/regions.ts";
import { regionHint, regionNamedBy } from "../../supabase/functions/_shared/zoho/credentials_region.ts";
import { exchangeGrant, GrantError } from "../../supabase/functions/_shared/zoho/grant.ts";
import { ZohoTokenError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { processTokenReply } from "../../supabase/functions/_shared/zoho/token_reply.ts";

// Credentials of another data centre: what is said of them, and where they belong.

const asked = { region: "EU", accountsUrl: "https://accounts.zoho.eu" } as const;

for (const region of regions) {
  Deno.test(`${region} is recognised by its code, its accounts host and its API host`, () => {
    const { accounts, api } = regionHosts[region];
    assertEquals(regionNamedBy({ location: region.toLowerCase() }), region);
    assertEquals(regionNamedBy({ "accounts-server": accounts }), region);
    assertEquals(regionNamedBy({ api_domain: api }), region);
  });
}

Deno.test("an answer that names no region, or a foreign host, identifies none", () => {
  for (
    const answer of [null, "eu", [], {}, { location: 7 }, { location: "moon" }, {
      "accounts-server": "https://accounts.zoho.eu.example.com",
    }]
  ) assertEquals(regionNamedBy(answer), null, JSON.stringify(answer));
});

Deno.test("a refusal explained by another region names the region that was called", () => {
  for (const error of ["invalid_code", "invalid_client"]) {
    const fault = assertThrows(
      () => processTokenReply({ status: 200, body: { error } }, asked),
      ZohoTokenError,
    );
    assertEquals(fault.code, "TOKEN_REFUSED");
    assertStringIncludes(fault.message, error);
    assertStringIncludes(fault.message, "accounts.zoho.eu, ZOHO_REGION=EU");
    assertStringIncludes(fault.message, "another region");
  }
});

Deno.test("a refusal whose answer names a region says to set that one", () => {
  const body = { error: "invalid_code", location: "us", "accounts-server": "https://accounts.zoho.com" };
  const fault = assertThrows(() => processTokenReply({ status: 400, body }, asked), ZohoTokenError);
  assertStringIncludes(fault.message, "Zoho names US (accounts.zoho.com), so set ZOHO_REGION=US");
});

Deno.test("a refusal that names the configured region blames no region", () => {
  assertEquals(regionHint("invalid_code", asked, { location: "eu" }).includes("another region"), false);
});

Deno.test("a wrong secret is not blamed on the region", () => {
  assertEquals(regionHint("invalid_client_secret", asked, { location: "us" }), "");
});

Deno.test("a grant code of another region is reported as such", async () => {
  const send = () => Promise.resolve(Response.json({ error: "invalid_code", location: "us" }));
  const request = { accountsUrl: asked.accountsUrl, clientId: "c", clientSecret: "s", code: "1000.x" };
  const fault = await exchangeGrant(send, request).catch((error) => error);
  assert(fault instanceof GrantError);
  assertStringIncludes(fault.message, "set ZOHO_REGION=US");
});
