import type { EntityType } from "../api/answers.ts";
import { linkTo } from "../route/route.ts";
import { entityWords } from "./words.ts";

/** To the page of a contract or quote; of other entities, which have none, the kind and the beginning of the id. */
export function EntityLink({ type, id, number }: { type: EntityType; id: string; number: string | null }) {
  const hasPage = type === "contract" || type === "quote";
  if (hasPage && number) {
    return (
      <a href={linkTo("contract", number)} className="nowrap">
        {number}
      </a>
    );
  }
  return (
    <span className="nowrap" title={id}>
      {number ?? `${entityWords[type]} ${id.slice(0, 8)}…`}
    </span>
  );
}
