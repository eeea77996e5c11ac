import type { AccessToken, TokenSource } from "./token.ts";

/**
 * For work that makes many calls at once and must not spend the refreshes that Zoho allows (ten in ten minutes): all calls
 * share one token, which is replaced at most once, and not at all if it was fetched for this work.
 */
export class SingleRefresh implements TokenSource {
  #first: Promise<AccessToken> | undefined;
  #replacement: Promise<AccessToken> | undefined;

  /** @param tokens a source without a cache, so that a token fetched elsewhere is marked `isShared` */
  constructor(private readonly tokens: TokenSource) {}

  async get(refused?: AccessToken): Promise<AccessToken> {
    const first = await (this.#first ??= this.tokens.get());
    if (refused === undefined) return await (this.#replacement ?? first);
    if (!first.isShared) return first;
    return await (this.#replacement ??= this.tokens.get(first));
  }
}
