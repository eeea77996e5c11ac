import { type Line, linesText } from "./lines.ts";
import { kycStatus, quoteStages } from "./picklists.ts";
import { installationProduct, monthlyProduct } from "./product.ts";
import type { Fields, QuoteSource, RecordLinks } from "./types.ts";

/**
 * The field values a quote's Estimate (module Quotes) should hold now.
 * @throws RangeError when a Product of its lines has no id
 */
export function estimateProjection(source: QuoteSource, links: RecordLinks): Fields {
  const { quote, kyc } = source;
  return {
    Subject: `Quote ${quote.quote_number}`,
    Quote_Reference: quote.quote_number,
    Account_Name: links.accountId === null ? null : { id: links.accountId },
    Contact_Name: links.contactId === null ? null : { id: links.contactId },
    Quote_Stage: quoteStages[quote.status],
    Valid_Till: quote.valid_until,
    KYC_Status: kycStatus(kyc),
    Quoted_Items: linesText(quoteLines(source), links.productIds),
  };
}

/**
 * A row for the monthly price of each item and one for its installation, where that costs something. A quote without
 * items has its totals.
 */
export function quoteLines({ quote, items }: QuoteSource): Line[] {
  const totals = {
    service_name: null,
    quantity: 1,
    monthly_price: quote.total_monthly,
    installation_price: quote.total_installation,
  };
  return (items.length > 0 ? items : [totals]).flatMap((item) => {
    const { service_name: name, quantity } = item;
    const monthly = {
      product: monthlyProduct(name),
      quantity,
      price: item.monthly_price,
      description: `per month, ${quote.contract_term} months`,
    };
    const installation = {
      product: installationProduct(name),
      quantity,
      price: item.installation_price,
      description: "once-off",
    };
    return item.installation_price > 0 ? [monthly, installation] : [monthly];
  });
}
