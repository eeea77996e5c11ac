import { aboutTheOrg } from "./about_org.ts";
import { customFields } from "./custom_fields.ts";
import { deletions, merging } from "./deletions.ts";
import { metadata } from "./metadata.ts";
import type { Made, SdkOperation } from "./operation.ts";
import { refusals } from "./refusals.ts";
import { watching } from "./watching.ts";
import { lines, writesAndReads } from "./writes_and_reads.ts";

const modules = ["Accounts", "Contacts", "Products", "Deals", "Quotes", "Invoices"];
const mergeable = ["Accounts", "Contacts", "Deals"];

/** Every operation, in an order in which each finds what it needs. */
export function operations(made: Made): SdkOperation[] {
  return [
    ...aboutTheOrg(),
    ...modules.flatMap((module) => metadata(module, made)),
    ...modules.flatMap((module) => writesAndReads(module, made)),
    ...refusals(made),
    ...lines(made),
    ...watching(),
    ...customFields(made),
    ...mergeable.flatMap((module) => merging(module, made)),
    ...modules.toReversed().flatMap((module) => deletions(module, made)),
  ];
}
