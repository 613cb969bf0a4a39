"""What the commands ask Dagster, in its GraphQL."""

LOCATIONS = """{ workspaceOrError { __typename
  ... on PythonError { message }
  ... on Workspace { locationEntries { name loadStatus locationOrLoadError { __typename
    ... on PythonError { message }
    ... on RepositoryLocation { repositories { name jobs { name } } } } } } } }"""

DAEMONS = """{ instance { daemonHealth { allDaemonStatuses {
  daemonType required healthy lastHeartbeatTime } } } }"""

RUNS = """query ($tags: [ExecutionTag!], $statuses: [RunStatus!], $limit: Int) {
  runsOrError(filter: {tags: $tags, statuses: $statuses}, limit: $limit) { __typename
    ... on PythonError { message }
    ... on Runs { results { runId status jobName creationTime startTime endTime
      tags { key value } stepStats { stepKey status startTime endTime } } } } }"""

EVENTS = """query ($run: ID!, $after: String) {
  logsForRun(runId: $run, afterCursor: $after, limit: 1000) { __typename
  ... on EventConnection { cursor hasMore events { __typename
    ... on ExecutionStepFailureEvent { stepKey error { message causes { message } } }
    ... on AssetCheckEvaluationEvent { stepKey
      evaluation { checkName success severity description } }
    ... on RunFailureEvent { message } } } } }"""

LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
  ... on LaunchRunSuccess { run { runId } }
  ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""

OBSERVE = """mutation ($event: ReportRunlessAssetEventsParams!) {
  reportRunlessAssetEvents(eventParams: $event) { __typename
  ... on UnauthorizedError { message }
  ... on PythonError { message } } }"""

RELOAD = """mutation { reloadWorkspace { __typename
  ... on UnauthorizedError { message }
  ... on PythonError { message } } }"""

ASSETS = """{ assetNodes { assetKey { path }
  assetChecksOrError { ... on AssetChecks { checks { name
    executionForLatestMaterialization { status timestamp runId } } } }
  assetMaterializations(limit: 1) { timestamp runId metadataEntries { label
    ... on FloatMetadataEntry { floatValue }
    ... on IntMetadataEntry { intValue }
    ... on TextMetadataEntry { text } } } } }"""
