import { assertEquals } from "@std/assert";
import {
  decideContacts,
  type FoundContact,
  maskedName,
  type Seeker,
} from "../../supabase/functions/_shared/mapping/contact_match.ts";
import type { Customer } from "../../supabase/functions/_shared/mapping/contact.ts";
import type { ContactAnswer } from "../../supabase/functions/_shared/mapping/party.ts";

const thandi: Customer = {
  id: "b1b6a3a4-3b0b-4a7c-8a55-6b1f6c1f8d03",
  first_name: "Thandi",
  last_name: "Nkosi",
  email: "thandi@example.co.za",
  business_name: null,
};
const contact: FoundContact = {
  id: "7001",
  firstName: "Thandi",
  lastName: "Nkosi",
  email: "thandi@example.co.za",
  reference: "",
  ownerId: null,
};

const seek = (values: Partial<Customer> = {}, answer: ContactAnswer | null = null): Seeker => ({
  customer: { ...thandi, ...values },
  answer,
});

/** "create", "link <id>" or "question <reason>". */
function decided(seekers: Seeker[], found: FoundContact[]): string[] {
  const decisions = decideContacts(seekers, found);
  return seekers.map(({ customer: { id } }) => {
    const decision = decisions.get(id);
    if (decision?.kind === "link") return `link ${decision.contact.id}`;
    return decision?.kind === "question" ? `question ${decision.reason}` : decision?.kind ?? "nothing";
  });
}

Deno.test("a customer whose e-mail no Contact has gets a new one", () => {
  assertEquals(decided([seek()], []), ["create"]);
  assertEquals(decided([seek()], [{ ...contact, email: "other@example.co.za" }]), ["create"]);
});

const fitting: [title: string, customer: Partial<Customer>, found: Partial<FoundContact>][] = [
  ["the same name", {}, {}],
  ["other case, spaces and accents", { first_name: " THANDÍ ", email: " Thandi@Example.CO.ZA " }, {}],
  ["an address in capitals in Zoho", {}, { email: "THANDI@EXAMPLE.CO.ZA" }],
  ["only an initial in Zoho", {}, { firstName: "T." }],
  ["no first name in Zoho", {}, { firstName: "" }],
];
for (const [title, customer, found] of fitting) {
  Deno.test(`a Contact that sales made is the customer's: ${title}`, () => {
    assertEquals(decided([seek(customer)], [{ ...contact, ...found }]), ["link 7001"]);
  });
}

const asked: [title: string, found: Partial<FoundContact>[], reason: string][] = [
  ["another last name", [{ lastName: "Dlamini" }], "name_differs"],
  ["another first name", [{ firstName: "Sipho" }], "name_differs"],
  ["a shared mailbox", [{ firstName: "", lastName: "Reception" }], "name_differs"],
  ["the reference of a customer that is no more", [{ reference: "gone" }], "other_reference"],
  ["two of the same name", [{}, { id: "7002" }], "several_contacts"],
  ["two of other names", [{ lastName: "A" }, { id: "7002", lastName: "B" }], "several_contacts"],
];
for (const [title, found, reason] of asked) {
  Deno.test(`a Contact of the e-mail is a question: ${title}`, () => {
    const contacts = found.map((each) => ({ ...contact, ...each }));
    assertEquals(decided([seek()], contacts), [`question ${reason}`]);
  });
}

Deno.test("a Contact of another customer with the same e-mail is left alone, whatever its name", () => {
  assertEquals(decided([seek()], [{ ...contact, ownerId: "another" }]), ["create"]);
});

Deno.test("a Contact with our reference is the customer's under any name and e-mail", () => {
  const own = {
    ...contact,
    email: "old@example.co.za",
    lastName: "Old",
    reference: thandi.id,
    ownerId: thandi.id,
  };
  assertEquals(decided([seek()], [contact, own]), ["link 7001"]);
  assertEquals(decided([seek()], [{ ...contact, id: "7002" }, own]), ["link 7001"]);
});

Deno.test("customers with one e-mail: the one whose name matches has the Contact, and the others get their own", () => {
  const sipho = seek({ id: "00000000-0000-4000-8000-000000000000", first_name: "Sipho" });
  assertEquals(decided([sipho, seek()], [contact]), ["create", "link 7001"]);
});

Deno.test("customers without an e-mail have nothing in common", () => {
  assertEquals(decided([seek({ email: " " })], [{ ...contact, email: "" }]), ["create"]);
});

const reception = { ...contact, firstName: "", lastName: "Reception" };
const shown = [{ id: "7001", name: maskedName(reception) }];
const answers: [title: string, answer: ContactAnswer, found: FoundContact[], outcome: string][] = [
  ["to link it", { choice: "link", chosen_id: "7001", candidates: shown }, [reception], "link 7001"],
  ["to make a new one", { choice: "make_new", chosen_id: null, candidates: shown }, [reception], "create"],
  ["to link one that is gone by now", { choice: "link", chosen_id: "7001", candidates: shown }, [], "create"],
  [
    "to link one that has another name by now",
    { choice: "link", chosen_id: "7001", candidates: shown },
    [{ ...reception, lastName: "Sales" }],
    "question name_differs",
  ],
  [
    "to make a new one, and another was made meanwhile",
    { choice: "make_new", chosen_id: null, candidates: shown },
    [reception, { ...reception, id: "7002" }],
    "question several_contacts",
  ],
];
for (const [title, answer, found, outcome] of answers) {
  Deno.test(`an answer acts on what was shown: ${title}`, () => {
    assertEquals(decided([seek({}, answer)], found), [outcome]);
  });
}

Deno.test("a question shows which part of the name differs, and no name", () => {
  const decision = decideContacts([seek()], [reception]).get(thandi.id);
  assertEquals(decision, {
    kind: "question",
    reason: "name_differs",
    candidates: [{ id: "7001", name: "R…", agrees: ["email"], differs: ["last_name"] }],
  });
});
