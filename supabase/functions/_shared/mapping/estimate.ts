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
    Quote_Stage: quoteStages[quote.status ?? "draft"],
    Valid_Till: quote.valid_until,
    KYC_Status: kycStatus(kyc),
    Quoted_Items: linesText(quoteLines(source), links.productIds),
  };
}

/**
 * A row for the monthly price of each item and one for its installation, where that costs something. A quote without
 * items has its totals. A price or total of NULL is nothing to pay; an item that was not counted is one, because a
 * quantity of zero would take its price out of the sum; a service without a name is CircleTel's in general.
 */
export function quoteLines({ quote, items }: QuoteSource): Line[] {
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
    return installationPrice > 0 ? [monthly, installation] : [monthly];
  });
}
