import { many, text } from "./columns.ts";
import { field, recordType } from "./record_type.ts";
import { cutText } from "./text.ts";
import type { Fields } from "./types.ts";

const from = { items: many({ service_name: text }) };

export const productType = recordType({
  module: "Products",
  zohoType: "Products",
  entityType: null,
  isPointedTo: true,
  fields: {
    Product_Name: field({ data_type: "text", isNeeded: true, from }),
    Product_Code: field({ data_type: "text", isNeeded: true, isReference: true, from }),
  },
});

/** What a line item points to. Zoho wants a Product for each; CircleTel has no table of them. */
export interface Product {
  /** Product_Code, derived from the service's name: what the Product is known and found by. */
  code: string;
  name: string;
}

/** What Zoho's fields hold in a new org (fields metadata). */
const longestCode = 40;
const longestName = 200;

/** For a quote without items and for the total of an invoice. */
const general = "CircleTel services";

export function monthlyProduct(serviceName: string | null): Product {
  const name = tidy(serviceName) || general;
  return { code: productCode(name, ""), name: cutText(name, longestName) };
}

export function installationProduct(serviceName: string | null): Product {
  const name = tidy(serviceName) || general;
  const suffix = " (installation)";
  return { code: productCode(name, "-INSTALL"), name: cutText(name, longestName - suffix.length) + suffix };
}

export function productProjection(product: Product): Fields {
  return { Product_Name: product.name, Product_Code: product.code };
}

/**
 * "BizFibre Connect 100" → "CT-BIZFIBRE-CONNECT-100". Case, accents, spaces and punctuation do not matter, but for
 * `+`, which sets plans apart. A name that does not fit, or has nothing of the Latin alphabet, ends in its hash.
 */
function productCode(name: string, suffix: string): string {
  const slug = name.normalize("NFKD").replace(/\p{M}/gu, "").replace(/\+/g, " plus ").toUpperCase()
    .replace(/[^A-Z0-9]+/g, "-").replace(/^-|-$/g, "");
  const room = longestCode - "CT-".length - suffix.length;
  if (slug !== "" && slug.length <= room) return `CT-${slug}${suffix}`;
  const hash = hashText(name.toLowerCase());
  const short = slug.slice(0, room - hash.length - 1).replace(/-$/, "");
  return `CT-${short === "" ? "" : `${short}-`}${hash}${suffix}`;
}

function tidy(name: string | null): string {
  return (name ?? "").trim().replace(/\s+/g, " ");
}

/** FNV-1a in 8 hex digits: names have to be told apart, not kept secret. */
function hashText(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).toUpperCase().padStart(8, "0");
}
