/** Daily credits, concurrent calls and custom fields per module of each edition (facts §6 and §8). */
export interface Edition {
  baseCredits: number;
  creditsPerUser: number;
  creditCap: number;
  concurrentCalls: number;
  customFields: number;
}

export const editions = {
  free: { baseCredits: 5_000, creditsPerUser: 0, creditCap: 5_000, concurrentCalls: 5, customFields: 10 },
  standard: {
    baseCredits: 50_000,
    creditsPerUser: 250,
    creditCap: 100_000,
    concurrentCalls: 10,
    customFields: 10,
  },
  professional: {
    baseCredits: 50_000,
    creditsPerUser: 500,
    creditCap: 3_000_000,
    concurrentCalls: 15,
    customFields: 155,
  },
  enterprise: {
    baseCredits: 50_000,
    creditsPerUser: 1_000,
    creditCap: 5_000_000,
    concurrentCalls: 20,
    customFields: 300,
  },
  ultimate: {
    baseCredits: 50_000,
    creditsPerUser: 2_000,
    creditCap: Number.MAX_SAFE_INTEGER,
    concurrentCalls: 25,
    customFields: 500,
  },
} as const satisfies Record<string, Edition>;

export type EditionName = keyof typeof editions;

export function dailyCredits(edition: Edition, users: number): number {
  return Math.min(edition.baseCredits + edition.creditsPerUser * users, edition.creditCap);
}
