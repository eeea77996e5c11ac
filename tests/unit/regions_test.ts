import { assert, assertEquals } from "@std/assert";
import { isZohoApiDomain, regionHosts, regions } from "../../supabase/functions/_shared/platform/regions.ts";

for (const region of regions) {
  Deno.test(`the API host of ${region}, its sandbox and its developer org are Zoho's`, () => {
    const { api } = regionHosts[region];
    for (const name of ["www", "sandbox", "developer"]) {
      const host = api.replace("//www.", `//${name}.`);
      assert(isZohoApiDomain(host), host);
    }
  });
}

Deno.test("every region has three hosts of its own, over TLS and without a path", () => {
  const hosts = regions.flatMap((region) => Object.values(regionHosts[region]));
  assertEquals(new Set(hosts).size, 3 * regions.length);
  for (const host of hosts) assertEquals(new URL(host).origin, host);
  for (const host of hosts) assert(host.startsWith("https://"), host);
});

const lookAlikes = [
  "https://www.zohoapis.com.evil.example",
  "https://www.zohoapis.evil.example",
  "https://evilzohoapis.com",
  "https://www.zohoapis.com@evil.example",
  "https://evil.example/www.zohoapis.com",
  "https://evil.example?https://www.zohoapis.com",
  "https://evil.example#.zohoapis.com",
  "https://evil.example\\.zohoapis.com",
  "https://www-zohoapis.com",
  "https://www.zohoapis.co",
  "https://www.zohoapis.org",
  "https://www.zoho.com",
  "https://xn--zohoapis-9ib.com",
];

for (const host of lookAlikes) {
  Deno.test(`${host} is not Zoho's`, () => assert(!isZohoApiDomain(host)));
}

Deno.test("only https is called with a token", () => {
  for (const scheme of ["http", "ftp", "ws", "wss", "file", "javascript"]) {
    assert(!isZohoApiDomain(`${scheme}://www.zohoapis.com`), scheme);
  }
});

Deno.test("text that is no address is not Zoho's", () => {
  for (const value of ["", " ", "www.zohoapis.com", "https://", "//www.zohoapis.com"]) {
    assert(!isZohoApiDomain(value), value);
  }
});
