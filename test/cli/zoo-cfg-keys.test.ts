import { expect, test } from "vitest";
import { complaint, load, tempFile } from "./load.ts";

/*
 * Every key that the documentation of ZooKeeper 3.9 gives for its server, each with a value that asks for something,
 * and what becomes of it. From the administrator's guide, the guides to dynamic reconfiguration, observers, oracles,
 * hierarchical quorums, audit logs and quotas (zookeeper-docs/src/main/resources/markdown), and QuorumPeerConfig.java.
 * Where the guide gives a property of Java with another spelling, both are here.
 */
const used = `
  tickTime=1000 dataDir=/data clientPort=2182 clientPortAddress=0.0.0.0 minSessionTimeout=3000 maxSessionTimeout=60000
  maxClientCnxns=60 maxCnxns=500 enforceQuota=true
  DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=`;

const ignored = `
  initLimit=10 syncLimit=5 syncEnabled=true observer.syncEnabled=true standaloneEnabled=false reconfigEnabled=true
  version=100000000 electionAlg=3 electionPortBindRetry=3 cnxTimeout=5 quorumCnxnTimeoutMs=5000
  quorum.cnxn.threads.size=20 quorumListenOnAllIPs=true leaderServes=no maxTimeToWaitForEpoch=5000
  leader.maxTimeToWaitForEpoch=5000 maxConcurrentSnapSyncs=10 maxConcurrentDiffSyncs=100
  leader.maxConcurrentSnapSyncs=10 leader.maxConcurrentDiffSyncs=100 leader.closeSocketAsync=true
  learner.closeSocketAsync=true learner.asyncSending=true follower.skipLearnerRequestToNextProcessor=true
  forward_learner_requests_to_commit_processor_disabled=true fastleader.minNotificationInterval=200
  fastleader.maxNotificationInterval=60000 observer.reconnectDelayMs=0 observer.election.DelayMs=200
  observerMasterPort=2191 connectToLearnerMasterLimit=5 multiAddress.enabled=true
  multiAddress.reachabilityCheckTimeoutMs=1000 multiAddress.reachabilityCheckEnabled=false readonlymode.enabled=true
  localSessionsEnabled=true localSessionsUpgradingEnabled=true tcpKeepAlive=true
  dataLogDir=/log preAllocSize=65536 snapCount=100000 commitLogCount=500 snapSizeLimitInKb=4194304
  txnLogSizeLimitInKb=-1 fsync.warningthresholdms=1000 autopurge.snapRetainCount=3 autopurge.purgeInterval=1
  digest.enabled=true snapshot.compression.method=gz snapshot.trust.empty=true
  serializeLastProcessedZxid.enabled=false
  admin.enableServer=true admin.serverAddress=0.0.0.0 admin.serverPort=8080 admin.idleTimeout=30000
  admin.commandURL=/commands admin.portUnification=true admin.snapshot.enabled=true admin.restore.enabled=true
  admin.rateLimiterIntervalInMS=300000 4lw.commands.whitelist=stat,ruok
  metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider
  metricsProvider.httpHost=0.0.0.0 metricsProvider.httpPort=7000 metricsProvider.exportJvmInfo=true
  metricsProvider.numWorkerThreads=1 metricsProvider.maxQueueSize=10000 metricsProvider.workerShutdownTimeoutMs=1000
  jvm.pause.monitor=true jvm.pause.warn-threshold.ms=10000 jvm.pause.info-threshold.ms=1000 jvm.pause.sleep.time.ms=500
  messageTracker.BufferSize=10 messageTracker.Enabled=true jmx.log4j.disable=true
  globalOutstandingLimit=1000 maxResponseCacheSize=400 maxGetChildrenResponseCacheSize=400
  watchManagerName=WatchManagerOptimized watcherCleanThreadsNum=2 watcherCleanThreshold=1000
  watcherCleanIntervalInSeconds=600 maxInProcessingDeadWatchers=-1 bitHashCacheSize=10
  connectionMaxTokens=0 connectionTokenFillTime=1 connectionTokenFillCount=1 connectionFreezeTime=-1
  connectionDropIncrease=0.02 connectionDropDecrease=0.002 connectionDecreaseRatio=0
  connection_throttle_tokens=0 connection_throttle_fill_time=1 connection_throttle_fill_count=1
  connection_throttle_freeze_time=-1 connection_throttle_drop_increase=0.02 connection_throttle_drop_decrease=0.002
  connection_throttle_decrease_ratio=0 connection_throttle_weight_enabled=false
  connection_throttle_global_session_weight=3 connection_throttle_local_session_weight=1
  connection_throttle_renew_session_weight=2 clientPortListenBacklog=-1
  serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory
  flushDelay=0 maxWriteQueuePollTime=1 maxBatchSize=1000 requestThrottleLimit=0 request_throttle_max_requests=0
  requestThrottleStallTime=100 request_throttle_stall_time=100 requestThrottleDropStale=true
  request_throttle_drop_stale=true requestStaleLatencyCheck=false request_stale_latency_check=false
  requestStaleConnectionCheck=true request_stale_connection_check=true request_throttler.shutdownTimeout=10000
  advancedFlowControlEnabled=false netty.advancedFlowControl.enabled=false enableEagerACLCheck=false
  largeRequestMaxBytes=104857600 largeRequestThreshold=-1 outstandingHandshake.limit=250
  netty.server.outstandingHandshake.limit=250 netty.server.earlyDropSecureConnectionHandshakes=true
  throttledOpWaitTime=0 throttled_op_wait_time=0 clientTcpKeepAlive=true nio.numSelectorThreads=2
  nio.numWorkerThreads=4 nio.directBufferBytes=65536 nio.sessionlessCnxnTimeout=10000 nio.shutdownTimeout=5000
  commitProcessor.numWorkerThreads=2 commitProcessor.maxReadBatchSize=-1 commitProcessor.maxCommitBatchSize=1
  commitProcessor.shutdownTimeout=5000 intBufferStartingSizeBytes=1024
  jute.maxbuffer.extrasize=1048575 jaasLoginRenew=3600000 client.certReload=true
  audit.impl.class=org.apache.zookeeper.audit.Slf4jAuditLogger
  extendedTypesEnabled=true emulate353TTLNodes=true znode.container.checkIntervalMs=60000
  znode.container.maxPerMinute=10000 znode.container.maxNeverUsedIntervalMs=0 closeSessionTxn.enabled=true
  server.1=zoo1:2888:3888`;

const refused = `
  forceSync=no skipACL=yes jute.maxbuffer=4194304 datadir.autocreate=false db.autocreate=false audit.enable=true
  secureClientPort=2281 secureClientPortAddress=0.0.0.0 client.portUnification=true fips-mode=true
  ssl.keyStore.location=/key.jks ssl.keyStore.password=x ssl.keyStore.passwordPath=/p ssl.keyStore.type=JKS
  ssl.trustStore.location=/trust.jks ssl.trustStore.password=x ssl.trustStore.passwordPath=/p ssl.trustStore.type=PEM
  ssl.protocol=TLSv1.3 ssl.enabledProtocols=TLSv1.3 ssl.ciphersuites=TLS_AES_256_GCM_SHA384
  ssl.context.supplier.class=org.example.Supplier ssl.hostnameVerification=true ssl.clientHostnameVerification=true
  ssl.allowReverseDnsLookup=false ssl.crl=true ssl.ocsp=true ssl.clientAuth=need
  ssl.handshakeDetectionTimeoutMillis=5000 ssl.sslProvider=JDK ssl.authProvider=x509
  sslQuorum=true sslQuorumReloadCertFiles=true portUnification=true
  ssl.quorum.keyStore.location=/key.jks ssl.quorum.keyStore.password=x ssl.quorum.keyStore.passwordPath=/p
  ssl.quorum.keyStore.type=JKS ssl.quorum.trustStore.location=/trust.jks ssl.quorum.trustStore.password=x
  ssl.quorum.trustStore.passwordPath=/p ssl.quorum.trustStore.type=PEM ssl.quorum.protocol=TLSv1.3
  ssl.quorum.enabledProtocols=TLSv1.3 ssl.quorum.ciphersuites=TLS_AES_256_GCM_SHA384
  ssl.quorum.context.supplier.class=org.example.Supplier ssl.quorum.hostnameVerification=true
  ssl.quorum.clientHostnameVerification=true ssl.quorum.allowReverseDnsLookup=false ssl.quorum.crl=true
  ssl.quorum.ocsp=true ssl.quorum.clientAuth=need ssl.quorum.handshakeDetectionTimeoutMillis=5000
  quorum.auth.enableSasl=true quorum.auth.serverRequireSasl=true quorum.auth.learnerRequireSasl=true
  quorum.auth.learner.saslLoginContext=QuorumLearner quorum.auth.server.saslLoginContext=QuorumServer
  quorum.auth.kerberos.servicePrincipal=zk/_HOST dynamicConfigFile=/zoo.cfg.dynamic oraclePath=/chassis/mastership
  group.1=1:2:3 weight.1=1 peerType=observer
  authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider enforce.auth.enabled=true
  enforce.auth.schemes=sasl sessionRequireClientSASLAuth=true requireClientAuthScheme=sasl
  X509AuthenticationProvider.superUser=CN=root superUser=root superUser.1=root ensembleAuthName=one
  DigestAuthenticationProvider.enabled=false DigestAuthenticationProvider.digestAlg=SHA-256
  IPAuthenticationProvider.usexforwardedfor=true allowSaslFailedClients=true kerberos.removeHostFromPrincipal=true
  kerberos.removeRealmFromPrincipal=true kerberos.canonicalizeHostNames=true admin.forceHttps=true
  admin.needClientAuth=true`;

const harmless = `
  forceSync=yes forceSync=TRUE skipACL=no skipACL=false skipACL=FALSE jute.maxbuffer=1048575 jute.maxbuffer=0xFFFFF
  datadir.autocreate=true db.autocreate=True audit.enable=FALSE client.portUnification=false fips-mode=false
  sslQuorum=false sslQuorumReloadCertFiles=FALSE portUnification=false quorum.auth.enableSasl=false
  quorum.auth.serverRequireSasl=false quorum.auth.learnerRequireSasl=false peerType=PARTICIPANT
  authProvider.1=org.apache.zookeeper.server.auth.X509AuthenticationProvider
  authProvider.digest=org.apache.zookeeper.server.auth.DigestAuthenticationProvider enforce.auth.enabled=false
  sessionRequireClientSASLAuth=false DigestAuthenticationProvider.enabled=TRUE
  DigestAuthenticationProvider.digestAlg=SHA1 IPAuthenticationProvider.usexforwardedfor=false
  allowSaslFailedClients=false admin.forceHttps=false admin.needClientAuth=FALSE`;

const rows = (table: string) => table.trim().split(/\s+/);
const readZoo = (content: string) => load(["--config", tempFile("zoo.cfg", content)]);

test.each(rows(used))("%s is used", (line) => {
  const { sources, warnings } = readZoo(line);
  const key = line.slice(0, line.indexOf("="));
  expect(Object.values(sources).filter((source) => source.endsWith(`zoo.cfg line 1, ${key}`))).toHaveLength(
    1,
  );
  expect(warnings).toEqual([]);
});

test.each([...rows(ignored), ...rows(harmless)])("%s is ignored, and one warning names the key", (line) => {
  const { warnings } = readZoo(line);
  const key = line.slice(0, line.indexOf("="));
  expect(warnings).toEqual([expect.stringMatching(/zoo\.cfg: \S+ ignored: \S/)]);
  expect(warnings[0]).toContain(`zoo.cfg: ${key} ignored: `);
});

test.each(rows(refused))("%s is refused with the line and a reason", (line) => {
  const message = complaint(["--config", tempFile("zoo.cfg", `\n${line}`)]);
  expect(message).toMatch(/ is refused: \S/);
  expect(message).toContain(`zoo.cfg line 2: ${line} is refused: `);
});

test("a key may be given by the name of its property of Java", () => {
  for (const line of rows(ignored).filter((one) => !one.startsWith("server."))) {
    expect(readZoo(`zookeeper.${line}`).warnings).toHaveLength(1);
  }
});

test("a key stands in one table, once", () => {
  const keys = [used, ignored, refused].flatMap(rows).map((line) => line.slice(0, line.indexOf("=")));
  expect(new Set(keys).size).toBe(keys.length);
});
