import type { EntityType } from "../api/answers.ts";
import { linkTo } from "../route/route.ts";
import { entityWords } from "./words.ts";

/** To the page of an entity: by its number, or by its id where it has none. */
export function EntityLink({ type, id, number }: { type: EntityType; id: string; number: string | null }) {
  // A customer's reference in Zoho is its id.
  const name = number === null || number === id ? shortName(type, id) : number;
  return <a href={linkTo("contract", number ?? id)} className="nowrap">{name}</a>;
}

/** "Customer 1f7d5833…": for an entity without a number. */
export function shortName(type: EntityType, id: string): string {
  return `${entityWords[type]} ${id.slice(0, 8)}…`;
}
