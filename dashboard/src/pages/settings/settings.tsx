import type { Answered, SettingsAnswer } from "../../api/answers.ts";
import { useLive } from "../../live/use_live.ts";
import { linkTo } from "../../route/route.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card, FactList } from "../../ui/card.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { WhenLoaded } from "../../ui/states.tsx";
import { entityWords, wholeText } from "../../ui/words.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { FieldsCard } from "./fields_card.tsx";
import { IdentityCard } from "./identity_card.tsx";
import { Limits } from "./limits.tsx";
import { Doctor } from "./doctor.tsx";
import { Channels } from "./channels.tsx";
import { MappingCard } from "./mapping.tsx";

/** Variables are set in the project (docs/deploy.md); what is changed from here is written down like every act. */
export function SettingsPage({ status }: PageProps) {
  const live = useLive<Answered<SettingsAnswer>>("/settings", 30_000);
  return (
    <PageLayout title="Settings" lead="How this project is set up, and what is wrong with it" live={live}>
      <WhenLoaded live={live} what="the settings" lines={10}>
        {(settings) => (
          <>
            <div className="grid halves">
              <Installation settings={settings} />
              <Channels settings={settings} />
            </div>
            <Doctor />
            <div className="grid halves">
              {status.data && <IdentityCard identity={status.data.identity} />}
              <Limits settings={settings} />
            </div>
            <FieldsCard metadata={settings.fieldMetadata} />
            <MappingCard mapping={settings.mapping} />
            <Variables settings={settings} />
          </>
        )}
      </WhenLoaded>
    </PageLayout>
  );
}

function Installation({ settings }: { settings: SettingsAnswer }) {
  const { versions, region, timeZone, dailyCredits, concurrency, mostConcurrency, syncedTypes } = settings;
  return (
    <Card title="Installation">
      <FactList
        rows={{
          "What is sent": syncedTypes.map((type) => `${entityWords[type]}s`).join(", "),
          "Zoho region": region,
          "Zoho API": versions.zohoApi,
          "Time zone": timeZone,
          "Credits a day": wholeText(dailyCredits),
          "Calls at a time": concurrency < mostConcurrency
            ? `${concurrency} now, at most ${mostConcurrency} (Zoho asked for fewer)`
            : `${concurrency}, the most that ZOHO_CONCURRENCY allows`,
          "Newest migration": versions.migration ?? "not recorded here",
          Functions: versions.functions ?? "not recorded here",
        }}
      />
    </Card>
  );
}

function Variables({ settings: { variables } }: { settings: SettingsAnswer }) {
  return (
    <Card
      title="Variables"
      note="Names only; values never leave the functions"
      aside={
        <a className="button small" href={linkTo("docs", "rotate-secrets")}>A secret leaked: rotate it</a>
      }
    >
      <ul className="columns">
        {variables.map(({ name, isSet, isRequired }) => (
          <li key={name} className="row spread">
            <code>{name}</code>
            <Badge tone={isSet ? "good" : isRequired ? "bad" : "neutral"}>
              {isSet ? "set" : isRequired ? "missing" : "not set"}
            </Badge>
          </li>
        ))}
      </ul>
    </Card>
  );
}
