// Operations: a new version of a model is let in only when it is better, by one loop that writes down what it does before it does it.

export type { Advice, AdvisedVersions, Adviser } from './advisor/advice.js';
export { type AdviserOptions, openAdviser } from './advisor/adviser.js';
export { type Quality, qualityOf } from './advisor/boosting/quality.js';
export type { Forest } from './advisor/boosting/tree.js';
export { DeploymentAI, type DeploymentAIOptions, deploymentAIOptions } from './advisor/deployment-ai.js';
export { type FeatureGroup, featureGroups, features } from './advisor/features/features.js';
export type { Leasts } from './advisor/features/least.js';
export { type Margins, usualMargins } from './advisor/features/margins.js';
export {
  probabilitiesOf,
  type TrainedAdviser,
  type TrainingOptions,
  trainAdviser,
  trainingOptions,
  usualTraining,
} from './advisor/model/train.js';
export { type Examples, makeExamples } from './advisor/simulator/examples.js';
export { replay, simulatedVersions } from './advisor/simulator/replay.js';
export { drawTruth, noChange, type ReleaseTruth } from './advisor/simulator/truth.js';
export {
  type EventAnswer,
  evidenceAnswer,
  listAnswer,
  type PlanAnswer,
  planAnswer,
  pruneAnswer,
  type StatusAnswer,
  statusAnswer,
  unrouteAnswer,
} from './door/answers.js';
export { type DeferredParts, deferredReleases } from './door/deferred-releases.js';
export type { ControlCall, ControlExtension, ControlRoute } from './door/extension.js';
export { type ReleaseDoorParts, releaseRoutes } from './door/release-routes.js';
export {
  garbageAnswer,
  recordAnswer,
  type VersionDoorParts,
  type VersionMove,
  versionHistoryAnswer,
  versionMoves,
  versionRoutes,
  versionsAnswer,
} from './door/version-routes.js';
export { type HttpReplicaOptions, httpReplica } from './fleet/http-replica.js';
export { type FleetMember, type JoinOptions, joinFleet } from './fleet/join-fleet.js';
export { fleetOf, type OwnTraffic, ownReplica } from './fleet/own-replica.js';
export { replicaRoutes } from './fleet/replica-routes.js';
export { type ReplicaTables, replicaMigrations } from './fleet/replica-tables.js';
export { fleetSecret } from './fleet/secret.js';
export { type Expressed, type Lapse, type LapseKind, lapseKinds } from './gateway/expressed.js';
export { type GatewayCommand, type RunCommand, runCommand } from './gateway/gateway-command.js';
export type { GatewayLanguage } from './gateway/gateway-language.js';
export {
  type GatewayMeans,
  type GatewayOptions,
  type GatewayRouter,
  type GatewayStatus,
  gatewayOptions,
  openGatewayRouter,
} from './gateway/gateway-router.js';
export { type HttpRouteOptions, httpRoutes } from './gateway/http-route.js';
export type {
  HttpRouteDocument,
  Parent as HttpRouteParent,
  Service as HttpRouteService,
} from './gateway/http-route-document.js';
export { httpRoutesYaml, kubernetesGateway } from './gateway/kubernetes-gateway.js';
export { type NginxGatewayOptions, nginxGateway } from './gateway/nginx-gateway.js';
export { type Backends, type NginxRoute, nginxRoute } from './gateway/nginx-route.js';
export type { ArmSketch, Judge, JudgeMemory } from './judge/judge.js';
export {
  type Criterion,
  type CriterionReport,
  type JudgeConfig,
  type JudgedMetric,
  type Judgement,
  type JudgeVerdict,
  judgedMetrics,
} from './judge/judgement.js';
export { openJudge } from './judge/open-judge.js';
export {
  type JudgeParts,
  type JudgeThresholds,
  judgeOf,
  type SuccessCriterion,
  successCriteria,
} from './judge/thresholds.js';
export {
  type AdaptiveDeploymentOptions,
  AdaptiveDeploymentSystem,
  type DeploymentConfig,
  type DeployOptions,
} from './release/adaptive-deployment.js';
export {
  type CanaryConfig,
  CanaryController,
  type DeployCanaryOptions,
  type ModelVersion,
} from './release/canary-controller.js';
export {
  type ReleaseDocument,
  type ReleaseSpec,
  releaseSchema,
  type Strategy,
  type StrategyKind,
  strategyKinds,
} from './release/document.js';
export type { Experts } from './release/hearing.js';
export type { VersionLedger } from './release/ledger.js';
export { openReleases, type ReleaseDesk, type ReleasesOptions, releaseOptions } from './release/open-releases.js';
export { readReleaseDocument } from './release/read-document.js';
export type { ReleaseHandle } from './release/release-handle.js';
export type { Pruned, PrunedRelease, ReleasePlan, Releases, Unrouting, Word } from './release/releases.js';
export { standingRoutes } from './release/standing.js';
export {
  type EvidencePoint,
  finalPhases,
  type ReleaseCommand,
  type ReleaseEvent,
  type ReleaseEvidence,
  type ReleasePhase,
  type ReleaseStatus,
  releaseCommands,
  releasePhases,
  type Stage,
} from './release/status.js';
export { type ReleaseTables, releaseMigrations } from './release/tables.js';
export type { Fleet, Replica } from './replica.js';
export { releaseReport } from './report/report.js';
export { type GarbageOptions, garbageOptions } from './versions/collect-garbage.js';
export type { GarbageReport, IsServing } from './versions/collection.js';
export { type CompareOptions, compareOptions } from './versions/compare/compare-versions.js';
export type { Regime, RegimeAccuracy, RunTimes, VersionComparison } from './versions/compare/comparison.js';
export { comparisonTable } from './versions/compare/comparison-table.js';
export {
  type LineageLink,
  ModelVersionManager,
  type VersionManagerParts,
  type VersionWord,
} from './versions/model-version-manager.js';
export type {
  VersionChange,
  VersionEvent,
  VersionFacts,
  VersionLineage,
  VersionRecord,
  VersionUse,
} from './versions/record.js';
export { type VersionStage, versionStages } from './versions/stages.js';
export type { SyncReport } from './versions/synchronise.js';
export { type VersionTables, versionMigrations } from './versions/tables.js';
