import { cutText } from "./text.ts";
import type { Customer, Fields } from "./types.ts";

/** What Zoho's fields hold in a new org (fields metadata); CircleTel's columns hold more. */
const longestFirstName = 40;
const longestLastName = 80;

/**
 * A Contact carries first name, last name, e-mail and the customer's id and nothing else: phone, ID number and address never
 * leave CircleTel's database (POPIA). The id says nothing of the person, is there from the start and never another's.
 */
export function contactProjection(customer: Customer): Fields {
  return {
    First_Name: cutText(customer.first_name.trim(), longestFirstName) || null,
    // Last_Name is mandatory in Zoho and not null in CircleTel; an empty one would refuse the whole record.
    Last_Name: cutText(
      customer.last_name.trim() || customer.first_name.trim() || customer.email.trim(),
      longestLastName,
    ),
    Email: customer.email.trim() || null,
    Customer_Reference: customer.id,
  };
}
