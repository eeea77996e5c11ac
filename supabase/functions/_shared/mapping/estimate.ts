import { date, key, many, number, oneOf, required, text } from "./columns.ts";
import { currencyField } from "./currency_field.ts";
import { kycField } from "./kyc_field.ts";
import { type Line, linesText } from "./lines.ts";
import { accountLink, contactLink } from "./links.ts";
import type { Party } from "./party.ts";
import { quoteStages, quoteStatuses } from "./picklists.ts";
import { installationProduct, monthlyProduct } from "./product.ts";
import { field, picklist, recordType, reference, type SourceOfType } from "./record_type.ts";

/** A quote's Estimate, every field of it CircleTel's: it is approved, sent and accepted there. */
export const estimate = recordType({
  module: "Quotes",
  zohoType: "Estimates",
  entityType: "quote",
  also: { quote: { id: required(text) } },
  fields: {
    Subject: field({
      data_type: "text",
      isNeeded: true,
      from: { quote: { quote_number: key } },
      value: ({ quote }) => `Quote ${quote.quote_number}`,
    }),
    Quote_Reference: field({ ...reference, from: { quote: { quote_number: key } } }),
    Account_Name: accountLink({ quote: { company_name: required(text) } }),
    Contact_Name: contactLink,
    Quote_Stage: field({
      ...picklist(Object.values(quoteStages)),
      from: { quote: { status: oneOf(quoteStatuses) } },
      value: ({ quote }) => quoteStages[quote.status ?? "draft"],
    }),
    Valid_Till: field({
      label: "Valid Until",
      data_type: "date",
      from: { quote: { valid_until: required(date) } },
    }),
    KYC_Status: kycField,
    Currency: currencyField,
    Quoted_Items: field({
      data_type: "subform",
      isNeeded: true,
      from: {
        quote: { contract_term: number, total_monthly: number, total_installation: number },
        items: many({
          service_name: text,
          quantity: number,
          monthly_price: number,
          installation_price: number,
        }),
      },
      value: (source, { links }) => linesText(quoteLines(source), links.productIds),
    }),
  },
});

/** What the line items are made of. */
interface Priced {
  quote: { contract_term: number | null; total_monthly: number | null; total_installation: number | null };
  items: {
    service_name: string | null;
    quantity: number | null;
    monthly_price: number | null;
    installation_price: number | null;
  }[];
}

/** What zoho_sync.quote_sources answers. Money in rand, terms in months. */
export type QuoteSource = Party & SourceOfType<typeof estimate>;

/**
 * A row for the monthly price of each item and one for its installation, where that is not free: a discount on it has a price below zero. A quote without
 * items has its totals. A price or total of NULL is nothing to pay; an item that was not counted is one, because a
 * quantity of zero would take its price out of the sum; a service without a name is CircleTel's in general.
 */
export function quoteLines({ quote, items }: Priced): Line[] {
  const totals = {
    service_name: null,
    quantity: 1,
    monthly_price: quote.total_monthly,
    installation_price: quote.total_installation,
  };
  return (items.length > 0 ? items : [totals]).flatMap((item) => {
    const { service_name: name } = item;
    const quantity = item.quantity ?? 1;
    const installationPrice = item.installation_price ?? 0;
    const monthly = {
      product: monthlyProduct(name),
      quantity,
      price: item.monthly_price ?? 0,
      description: quote.contract_term === null ? "per month" : `per month, ${quote.contract_term} months`,
    };
    const installation = {
      product: installationProduct(name),
      quantity,
      price: installationPrice,
      description: "once-off",
    };
    return installationPrice !== 0 ? [monthly, installation] : [monthly];
  });
}
