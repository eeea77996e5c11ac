import { createContext, type ReactNode, useContext } from "react";
import { studioLink, zohoLink } from "../say/places.ts";
import { Icon } from "./icon.tsx";

interface Places {
  /** Zoho CRM in a browser, as /status says. */
  zohoUrl: string;
  /** Supabase Studio of this project; null where it is not known. */
  studioUrl: string | null;
}

export const PlacesContext = createContext<Places>({
  zohoUrl: "",
  studioUrl: null,
});

/** A record's page in Zoho CRM, in another tab. */
export function OpenInZoho({ zohoType, id, small }: { zohoType: string; id: string; small?: boolean }) {
  const { zohoUrl } = useContext(PlacesContext);
  const href = zohoLink(zohoUrl, zohoType, id);
  return (
    href && (
      <Outside href={href} small={small}>
        Open in Zoho
      </Outside>
    )
  );
}

/** An entity's row in Studio, in another tab. */
export function OpenRowLink({ oid, id }: { oid: number; id: string }) {
  const { studioUrl } = useContext(PlacesContext);
  const href = studioLink(studioUrl, oid, id);
  return href && <Outside href={href}>Open row</Outside>;
}

function Outside({ href, small, children }: { href: string; small?: boolean; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer" className={small ? "nowrap" : "button"}>
      {children}
      <Icon name="outside" size={13} />
      <span className="hidden-text">&nbsp;(opens another tab)</span>
    </a>
  );
}

/** A record of Zoho by its name, with its id beside it and the way there. */
export function ZohoRecordLink({
  zohoType,
  id,
  name,
}: {
  zohoType: string;
  id: string;
  name?: string | undefined;
}) {
  return (
    <span className="zoho-record">
      {name && <span>{name}</span>} <code className="quiet">{id}</code>{" "}
      <OpenInZoho zohoType={zohoType} id={id} small />
    </span>
  );
}
