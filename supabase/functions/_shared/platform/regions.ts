export const regions = ["US", "EU", "IN", "AU", "CN", "JP", "CA", "SA", "UK"] as const;
export type Region = (typeof regions)[number];

export function isRegion(text: string): text is Region {
  return regions.some((region) => region === text);
}

/**
 * Accounts and API hosts of each data centre (multi-DC page), and where people sign in to CRM. SA is Saudi Arabia; there
 * is no South African data centre, so a South African org sits in one of these. Canada's hosts follow no pattern. The UK's API host is by
 * pattern and not confirmed: the token reply's api_domain has the last word for every region.
 */
export const regionHosts: Readonly<Record<Region, { accounts: string; api: string; crm: string }>> = {
  US: { accounts: "https://accounts.zoho.com", api: "https://www.zohoapis.com", crm: "https://crm.zoho.com" },
  EU: { accounts: "https://accounts.zoho.eu", api: "https://www.zohoapis.eu", crm: "https://crm.zoho.eu" },
  IN: { accounts: "https://accounts.zoho.in", api: "https://www.zohoapis.in", crm: "https://crm.zoho.in" },
  AU: {
    accounts: "https://accounts.zoho.com.au",
    api: "https://www.zohoapis.com.au",
    crm: "https://crm.zoho.com.au",
  },
  CN: {
    accounts: "https://accounts.zoho.com.cn",
    api: "https://www.zohoapis.com.cn",
    crm: "https://crm.zoho.com.cn",
  },
  JP: { accounts: "https://accounts.zoho.jp", api: "https://www.zohoapis.jp", crm: "https://crm.zoho.jp" },
  CA: {
    accounts: "https://accounts.zohocloud.ca",
    api: "https://www.zohoapis.ca",
    crm: "https://crm.zohocloud.ca",
  },
  SA: { accounts: "https://accounts.zoho.sa", api: "https://www.zohoapis.sa", crm: "https://crm.zoho.sa" },
  UK: { accounts: "https://accounts.zoho.uk", api: "https://www.zohoapis.uk", crm: "https://crm.zoho.uk" },
};

/** Zoho's own top domains: an api_domain outside of them is not followed with a token in hand. */
const zohoDomains = [
  "zohoapis.com",
  "zohoapis.eu",
  "zohoapis.in",
  "zohoapis.com.au",
  "zohoapis.com.cn",
  "zohoapis.jp",
  "zohoapis.ca",
  "zohoapis.sa",
  "zohoapis.uk",
];

/** Whether a token reply's api_domain is one of Zoho's hosts (also sandbox.zohoapis.…). */
export function isZohoApiDomain(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return url.protocol === "https:" &&
    zohoDomains.some((domain) => url.hostname === domain || url.hostname.endsWith(`.${domain}`));
}
