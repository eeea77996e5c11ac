import { z } from "zod";

const currencyCode = z.string().regex(/^[A-Z]{3}$/, "is not a currency code");

const currency = z.strictObject({
  code: currencyCode,
  /** Units of the home currency for one of this. */
  rate: z.number().positive(),
  decimals: z.number().int().min(0).max(9).default(2),
});

const blueprint = z.strictObject({
  module: z.string().default("Deals"),
  field: z.string().default("Stage"),
  /** States in which the record is in the blueprint; empty means all. */
  states: z.array(z.string()).default([]),
  /** Whether naming the field with the value it has is refused too. */
  sameValue: z.enum(["refuse", "accept"]).default("refuse"),
  /** Whether the field alone is locked, or every write of the record. */
  locks: z.enum(["field", "record"]).default("field"),
});

const pipeline = z.strictObject({
  name: z.string(),
  /** Actual values; empty means every stage. */
  stages: z.array(z.string()).default([]),
});

/** How the company has set up its CRM. */
export const companySwitches = {
  /** The first is the default one; "off" is an organisation without pipelines. */
  pipelines: z.union([z.literal("off"), z.array(pipeline).min(1)]).default([
    { name: "Standard (Standard)", stages: [] },
  ]),
  /** Null is one currency, ZAR. The first is the home currency; records take it when they name none. */
  currencies: z.array(currency).min(1).nullable().default(null),
  /** Added to line items that come without a tax of their own. */
  lineTax: z.strictObject({ name: z.string(), percentage: z.number().min(0) }).nullable().default(null),
  blueprint: blueprint.nullable().default(null),
  inactiveUsers: z.array(z.enum(["seller"])).default([]),
};
