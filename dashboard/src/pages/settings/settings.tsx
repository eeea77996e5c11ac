import type { Answered, SettingsAnswer } from "../../api/answers.ts";
import { useLive } from "../../live/use_live.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card, Facts } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { entityWords, whole } from "../../ui/words.ts";
import { Doctor } from "./doctor.tsx";
import { Mapping } from "./mapping.tsx";

/** Read-only: what is set where is said in docs/deploy.md. */
export function SettingsPage() {
  const live = useLive<Answered<SettingsAnswer>>("/settings", 30_000);
  return (
    <Page title="Settings" lead="How this project is set up; nothing is changed here" live={live}>
      <Shown live={live} what="the settings" lines={10}>
        {(settings) => (
          <>
            <div className="grid halves">
              <Installation settings={settings} />
              <Channels settings={settings} />
            </div>
            <Mapping mapping={settings.mapping} />
            <Doctor />
            <Variables settings={settings} />
          </>
        )}
      </Shown>
    </Page>
  );
}

function Installation({ settings }: { settings: SettingsAnswer }) {
  const { versions, region, timeZone, dailyCredits, concurrency, mostConcurrency, syncedTypes } = settings;
  return (
    <Card title="Installation">
      <Facts
        rows={{
          "What is sent": syncedTypes.map((type) => `${entityWords[type]}s`).join(", "),
          "Zoho region": region,
          "Zoho API": versions.zohoApi,
          "Time zone": timeZone,
          "Credits a day": whole(dailyCredits),
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
    <Card title="Variables" note="Names only; values never leave the functions">
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

function Channels({ settings: { channels } }: { settings: SettingsAnswer }) {
  return (
    <Card flush title="Notification channels" note="Zoho's second way to tell us; renewed every night">
      {channels.length === 0
        ? (
          <Empty icon="events" title="No channel is open">
            Workflows in Zoho call us directly.
          </Empty>
        )
        : (
          <Table
            caption="Notification channels"
            columns={[
              {
                header: "Channel",
                cell: ({ channelId }) => <code>{channelId}</code>,
              },
              { header: "Module", cell: ({ module }) => module },
              {
                header: "Ends",
                cell: ({ expiresAt }) => <Ago at={expiresAt} none="–" />,
              },
              {
                header: "Checked",
                cell: ({ checkedAt }) => <Time at={checkedAt} />,
              },
            ]}
            rows={channels}
            rowKey={({ channelId, module }) => `${channelId} ${module}`}
          />
        )}
    </Card>
  );
}
