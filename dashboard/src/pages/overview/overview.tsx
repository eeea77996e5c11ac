import { AttemptsChart } from "../../charts/attempts_chart.tsx";
import { CreditsDial } from "../../charts/credits_dial.tsx";
import { LatencyChart } from "../../charts/latency_chart.tsx";
import type { PageProps } from "../../shell/page_props.ts";
import { PageLayout } from "../../ui/page.tsx";
import { WhenLoaded } from "../../ui/states.tsx";
import { Connections } from "./connections.tsx";
import { HealthCard } from "./health_card.tsx";
import { OverviewTiles } from "./numbers.tsx";

export function Overview({ status }: PageProps) {
  return (
    <PageLayout title="Overview" lead="Is everything in Zoho?" live={status}>
      <WhenLoaded live={status} what="the overview" lines={9}>
        {(answer) => (
          <>
            <HealthCard status={answer} isFresh={status.error === undefined} />
            <OverviewTiles status={answer} />
            <div className="grid halves">
              <AttemptsChart day={answer.day} />
              <LatencyChart day={answer.day} />
            </div>
            <div className="grid halves">
              <CreditsDial credits={answer.credits} />
              <Connections status={answer} />
            </div>
          </>
        )}
      </WhenLoaded>
    </PageLayout>
  );
}
