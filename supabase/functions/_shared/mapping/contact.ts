import { required, text } from "./columns.ts";
import { field, project, recordType, reference, type SourceOfType } from "./record_type.ts";
import { cutText } from "./text.ts";
import type { Fields } from "./types.ts";

/** What Zoho's fields hold in a new org (fields metadata); CircleTel's columns hold more. */
const longestFirstName = 40;
const longestLastName = 80;

/**
 * A Contact carries first name, last name, e-mail and the customer's id and nothing else: phone, ID number and address never
 * leave CircleTel's database (POPIA). The id says nothing of the person, is there from the start and never another's.
 */
export const contact = recordType({
  module: "Contacts",
  zohoType: "Contacts",
  entityType: "customer",
  isPointedTo: true,
  // Names the company of someone who buys for one.
  also: { customer: { business_name: text } },
  fields: {
    First_Name: field({
      data_type: "text",
      isPersonal: true,
      from: { customer: { first_name: required(text) } },
      value: ({ customer }) => cutText(customer.first_name.trim(), longestFirstName) || null,
    }),
    Last_Name: field({
      data_type: "text",
      isNeeded: true,
      isPersonal: true,
      from: { customer: { last_name: required(text), first_name: required(text), email: required(text) } },
      // Mandatory in Zoho and not null in CircleTel; an empty one would refuse the whole record.
      value: ({ customer: { last_name, first_name, email } }) =>
        cutText(last_name.trim() || first_name.trim() || email.trim(), longestLastName),
    }),
    Customer_Reference: field({ ...reference, from: { customer: { id: required(text) } } }),
    Email: field({
      data_type: "email",
      isPersonal: true,
      from: { customer: { email: required(text) } },
      value: ({ customer }) => customer.email.trim() || null,
    }),
  },
});

export type Customer = SourceOfType<typeof contact>["customer"];

/** A Contact has no links and no dates. */
const pointsNowhere = {
  links: { accountId: null, contactId: null, productIds: new Map<string, string>() },
  timeZone: "UTC",
};

export function contactProjection(customer: Customer): Fields {
  return project(contact, { customer }, pointsNowhere);
}
