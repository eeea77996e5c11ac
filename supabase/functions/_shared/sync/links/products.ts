import { z } from "zod";
import { type Product, productProjection } from "../../mapping/product.ts";
import type { ZohoCallError } from "../../zoho/faults.ts";
import { recordsPerCall, upsertRecords } from "../../zoho/records.ts";
import { findByField } from "../../zoho/search.ts";
import { attemptCall, attemptRead } from "../attempts/attempts.ts";
import { type PartFailures, partsOf, type Write } from "../attempts/write_types.ts";
import type { Change } from "../claim/change.ts";
import { inChunks } from "../../platform/chunks.ts";
import { type Failure, failure } from "../attempts/failure.ts";
import { aboutModule, heldFailure } from "../attempts/holds.ts";
import type { DrainSession } from "../drain_session.ts";

export interface Products {
  /** Zoho id by code. */
  ids: Map<string, string>;
  /** Why a Product is missing, by code. */
  failures: Map<string, Failure>;
  parts: PartFailures;
}

const knownIds = z.record(z.string(), z.string());

/**
 * Finds or makes the Products of a wave's line items: known ones by their code, then those that Zoho has under the
 * code, then under the exact name; the rest is made by an upsert on the name. What was found is stored at
 * once, so the next wave needs no lookup. While the module is held, known Products are used.
 *
 * @throws ZohoCallError, ZohoTokenError when Zoho does not answer
 */
export async function resolveProducts(
  session: DrainSession,
  needs: { change: Change; products: Product[] }[],
): Promise<Products> {
  const wanted = new Map<string, ProductWrite>();
  for (const { change, products } of needs) {
    for (const product of products) {
      if (!wanted.has(product.code)) wanted.set(product.code, productWrite(change, product));
    }
  }
  const products: Products = { ids: new Map(), failures: new Map(), parts: new Map() };
  if (wanted.size === 0) return products;
  const known = knownIds.parse(await session.call("zoho_known_products", { p_keys: [...wanted.keys()] }));
  for (const [code, id] of Object.entries(known)) products.ids.set(code, id);

  const missing = () =>
    [...wanted.values()].filter(({ product: { code } }) =>
      !products.ids.has(code) && !products.failures.has(code)
    );
  if (missing().length === 0) return products;
  const found: FoundProduct[] = [];
  const take = (code: string, id: string, matchedBy: FoundProduct["matched_by"]) => {
    products.ids.set(code, id);
    found.push({ product_key: code, zoho_id: id, matched_by: matchedBy });
  };
  const held = await aboutModule(session, "Products", async () => {
    await findProducts(session, missing, products, take);
    await makeProducts(session, missing(), products, take);
  });
  if (held !== null) {
    for (const { product } of missing()) products.failures.set(product.code, heldFailure(held));
  }
  if (found.length > 0) await session.call("zoho_remember_products", { p_products: found });
  return products;
}

interface FoundProduct {
  product_key: string;
  zoho_id: string;
  matched_by: "found" | "created";
}

type ProductWrite = Write & { product: Product };
type Take = (code: string, id: string, matchedBy: FoundProduct["matched_by"]) => void;

async function findProducts(
  session: DrainSession,
  missing: () => ProductWrite[],
  { failures }: Products,
  take: Take,
): Promise<void> {
  for (const [field, property] of [["Product_Code", "code"], ["Product_Name", "name"]] as const) {
    const left = missing();
    if (left.length === 0) break;
    const values = left.map(({ product }) => product[property]);
    const onUnreadable = (value: string, { code }: ZohoCallError) => {
      const product = left.find((each) => each.product[property] === value)?.product;
      // Making a Product that could not be searched for may duplicate it.
      if (product) failures.set(product.code, failure(code, field));
    };
    const records = await attemptRead(
      session,
      () => findByField(session.deps.zoho, "Products", field, values, { onUnreadable }),
    );
    for (const { product } of left) {
      // Ordered by age: the oldest of several is always taken.
      const record = records.find((each) => each[field] === product[property]);
      if (record) take(product.code, record.id, "found");
    }
  }
}

async function makeProducts(
  session: DrainSession,
  missing: ProductWrite[],
  { failures, parts }: Products,
  take: Take,
): Promise<void> {
  for (const chunk of inChunks(missing, recordsPerCall)) {
    const { written, fault } = await attemptCall(
      session,
      chunk,
      (writes) =>
        upsertRecords(session.deps.zoho, "Products", writes.map(({ fields }) => fields), ["Product_Name"]),
    );
    for (const [entityId, part] of partsOf(written)) parts.set(entityId, part);
    for (const { write: { product: { code } }, result } of written) {
      if (result.ok) take(code, result.id, result.action === "insert" ? "created" : "found");
      else if (result.duplicateId) take(code, result.duplicateId, "found");
      else failures.set(code, result);
    }
    if (fault !== null) throw fault;
  }
}

function productWrite(change: Change, product: Product): ProductWrite {
  return {
    change,
    product,
    entityType: change.entity_type,
    entityId: change.entity_id,
    zohoType: "Products",
    zohoId: null,
    fields: productProjection(product),
  };
}
