import { assert, assertEquals } from "@std/assert";
import {
  normaliseRegistrationNumber,
  normaliseVatNumber,
  registrationSpellings,
} from "../../supabase/functions/_shared/mapping/company_numbers.ts";

const registrations: [string, string[]][] = [
  ["2015/123456/07", [
    "2015/123456/07",
    " 2015 / 123456 / 07 ",
    "2015-123456-07",
    "2015.123456.07",
    "201512345607",
    "K2015/123456/07",
    "k2015123456",
    "K2015123456",
    "K201512345607",
    "Reg. No: 2015/123456/07",
    "Co. Reg No 2015/123456/07",
  ]],
  ["1998/012345/23", [
    "1998/012345/23",
    "CK98/12345/23",
    "CK 98/12345/23",
    "ck1998/012345/23",
    "CK1998/012345",
    "98/12345/23",
  ]],
  ["2005/012345/23", ["2005/012345/23", "CK2005/012345/23", "CK05/12345/23"]],
  ["2002/012345/07", ["2002/012345/07", "2002/12345/07"]],
  ["1971/002345/06", ["71/02345/06", "1971/002345/06"]],
  ["2011/000123/08", ["2011/000123/08"]],
];

for (const [number, spellings] of registrations) {
  Deno.test(`registration number ${number} is read from all its spellings`, () =>
    assertEquals(spellings.map(normaliseRegistrationNumber), spellings.map(() => number)));
}

Deno.test("a close corporation and a company of the same year and sequence have different numbers", () => {
  assert(normaliseRegistrationNumber("2002/012345/23") !== normaliseRegistrationNumber("2002/012345/07"));
});

Deno.test("text that is no registration number yields none, rather than another company's", () => {
  const others = [
    ...[
      "",
      "n/a",
      "pending",
      "TBC",
      "-",
      "sole proprietor",
      "0000/000000/00",
      "2015/000000/07",
      "2015/123456/00",
    ],
    // An ID number, a VAT number, a cellphone, a placeholder, a number without a type.
    ...["8001015009087", "4123456789", "0821234567", "1234/567890/12", "2015/123456", "2015123456"],
    ...["CK2005/012345/07", "05/12345/07", "2015/1234567/07", "2015/123456/07/01", "IT 1234/2015"],
  ];
  assertEquals(others.filter((text) => normaliseRegistrationNumber(text) !== null), []);
});

Deno.test("a VAT number is ten digits from a 4 on; an income tax number is none", () => {
  for (const text of ["4123456789", "4123 456 789", "412-345-6789", "VAT No: 4123456789", "ZA4123456789"]) {
    assertEquals(normaliseVatNumber(text), "4123456789", text);
  }
  const others = [
    "",
    "n/a",
    "9123456789",
    "0123456789",
    "412345678",
    "41234567890",
    "4000000000",
    "2015/123456/07",
  ];
  assertEquals(others.filter((text) => normaliseVatNumber(text) !== null), []);
});

Deno.test("every spelling searched for in Zoho is read as the number itself", () => {
  for (const [number] of registrations) {
    const spellings = registrationSpellings(number);
    const read = spellings.map(normaliseRegistrationNumber);
    // K without a type is taken as a private company's.
    const isPrivate = number.endsWith("/07");
    assertEquals(read.filter((each) => each !== number).length, isPrivate || number.endsWith("/23") ? 0 : 1);
    assert(spellings.length <= 4);
  }
});
