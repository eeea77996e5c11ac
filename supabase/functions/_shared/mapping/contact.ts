import type { Customer, Fields } from "./types.ts";

/**
 * A Contact carries first name, last name and e-mail and nothing else: phone, ID number and address never leave
 * CircleTel's database (POPIA).
 */
export function contactProjection(customer: Customer): Fields {
  return {
    First_Name: customer.first_name.trim() || null,
    // Last_Name is mandatory in Zoho and not null in CircleTel; an empty one would refuse the whole record.
    Last_Name: customer.last_name.trim() || customer.first_name.trim() || customer.email.trim(),
    Email: customer.email.trim() || null,
  };
}
