import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  installationProduct,
  monthlyProduct,
  productProjection,
} from "../../supabase/functions/_shared/mapping/product.ts";

const codes: [name: string, code: string][] = [
  ["BizFibre Connect 100", "CT-BIZFIBRE-CONNECT-100"],
  ["  bizfibre   connect 100 ", "CT-BIZFIBRE-CONNECT-100"],
  ["BizFibre / Connect (100)", "CT-BIZFIBRE-CONNECT-100"],
  ["BizFibre Connect 100+", "CT-BIZFIBRE-CONNECT-100-PLUS"],
  ["Café Wi-Fi", "CT-CAFE-WI-FI"],
];

for (const [name, code] of codes) {
  Deno.test(`"${name}" has the code ${code}`, () => {
    assertEquals(monthlyProduct(name).code, code);
    assertEquals(installationProduct(name).code, `${code}-INSTALL`);
  });
}

Deno.test("an installation is a different Product from the service", () => {
  assertEquals(productProjection(installationProduct("SkyFibre")), {
    Product_Name: "SkyFibre (installation)",
    Product_Code: "CT-SKYFIBRE-INSTALL",
  });
});

Deno.test("a long name stays within Zoho's 40 and 200 characters and is still unique", () => {
  const long = `Dedicated fibre with a very long description ${"x".repeat(300)}`;
  for (const product of [monthlyProduct(long), installationProduct(long)]) {
    assert(product.code.length <= 40, product.code);
    assert(product.name.length <= 200, product.name);
  }
  assertNotEquals(monthlyProduct(long).code, monthlyProduct(`${long}y`).code);
});

Deno.test("names without a Latin letter have codes of their own", () => {
  assertNotEquals(monthlyProduct("光纤").code, monthlyProduct("无线").code);
  assert(/^CT-[0-9A-F]{8}$/.test(monthlyProduct("光纤").code));
});

Deno.test("an empty name is CircleTel's services", () => {
  assertEquals(monthlyProduct(" "), { code: "CT-CIRCLETEL-SERVICES", name: "CircleTel services" });
  assertEquals(monthlyProduct(null), monthlyProduct(""));
});
