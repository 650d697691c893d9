// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import dev.highbeam.pipelines.options.UsageException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.java.ExecutionEnvironment;
import org.apache.flink.client.deployment.ClusterClientFactory;
import org.apache.flink.client.deployment.ClusterDescriptor;
import org.apache.flink.client.deployment.DefaultClusterClientServiceLoader;
import org.apache.flink.client.deployment.StandaloneClusterId;
import org.apache.flink.client.program.ClusterClient;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.rest.handler.legacy.messages.ClusterOverviewWithVersion;
import org.apache.flink.runtime.rest.messages.ClusterConfigurationInfoHeaders;
import org.apache.flink.runtime.rest.messages.ConfigurationInfoEntry;
import org.apache.flink.runtime.rest.messages.EmptyMessageParameters;
import org.apache.flink.runtime.rest.messages.EmptyRequestBody;
import org.apache.flink.util.FlinkException;
import org.jspecify.annotations.Nullable;

/**
 * A cluster behind its REST service, reached with Flink's own client, so that encryption, high
 * availability and the ways of resource managers are Flink's business.
 */
final class Cluster implements AutoCloseable {

  private static final String AUTO = "[auto]";
  private static final String REMOTE = "remote";
  private static final String EMBEDDED = "embedded";
  private static final String LOCAL = "local";
  private static final long TIMEOUT_SECONDS = 60;

  private final String name;
  private final RestClusterClient<?> client;
  private final RestartRule ofClient;

  private Cluster(String name, RestClusterClient<?> client, RestartRule ofClient) {
    this.name = name;
    this.client = client;
    this.ofClient = ofClient;
  }

  /** Whether this process is the JobManager that will run the job. */
  static boolean isThisProcess() {
    return EMBEDDED.equals(target(given()));
  }

  /**
   * Connects to the cluster that a master names.
   *
   * @throws UsageException if it cannot be reached
   */
  static Cluster of(String master) {
    Configuration configuration = configuration(master);
    String name = master.equals(AUTO) ? "the cluster of flink run" : master;
    try {
      return new Cluster(name, client(configuration), RestartRule.of(configuration.toMap()));
    } catch (Exception e) { // Flink's constructor declares no less.
      throw new UsageException("--flinkMaster: " + name + ": " + e.getMessage(), e);
    }
  }

  private static Configuration configuration(String master) {
    Configuration configuration = new Configuration(given());
    if (master.equals(AUTO)) {
      String target = target(configuration);
      if (target == null || target.equals(LOCAL)) {
        throw new UsageException(
            "--flinkMaster is missing: name the host and port of the cluster's REST service, or"
                + " start the job with 'flink run'");
      }
      return configuration;
    }
    int colon = master.lastIndexOf(':');
    try {
      configuration.set(RestOptions.PORT, Integer.parseInt(master.substring(colon + 1)));
      configuration.set(RestOptions.ADDRESS, master.substring(0, colon));
    } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
      throw new UsageException("--flinkMaster: '" + master + "' is not of the form host:port", e);
    }
    configuration.set(DeploymentOptions.TARGET, REMOTE);
    return configuration;
  }

  /** What flink run, or the JobManager that runs this program, has given. */
  @SuppressWarnings("deprecation") // Flink's word on DataSet jobs, which Beam's batch jobs are.
  private static Configuration given() {
    return ExecutionEnvironment.getExecutionEnvironment().getConfiguration();
  }

  private static @Nullable String target(Configuration configuration) {
    return configuration.get(DeploymentOptions.TARGET);
  }

  private static RestClusterClient<?> client(Configuration configuration) throws Exception {
    if (EMBEDDED.equals(target(configuration))) {
      return new RestClusterClient<>(configuration, StandaloneClusterId.getInstance());
    }
    return retrieve(
        new DefaultClusterClientServiceLoader().getClusterClientFactory(configuration),
        configuration);
  }

  private static <T> RestClusterClient<T> retrieve(
      ClusterClientFactory<T> factory, Configuration configuration) throws FlinkException {
    T id = factory.getClusterId(configuration);
    if (id == null) {
      throw new FlinkException("no cluster is named");
    }
    try (ClusterDescriptor<T> descriptor = factory.createClusterDescriptor(configuration)) {
      ClusterClient<T> client = descriptor.retrieve(id).getClusterClient();
      if (client instanceof RestClusterClient<T> rest) {
        return rest;
      }
      client.close();
      throw new FlinkException("it has no REST service");
    }
  }

  /** The rule for this job: what flink run says of restarts wins over the cluster. */
  RestartRule restartRule() {
    if (ofClient.isConfigured()) {
      return ofClient;
    }
    Map<String, String> configuration = new HashMap<>();
    for (ConfigurationInfoEntry entry :
        await(
            client.sendRequest(
                ClusterConfigurationInfoHeaders.getInstance(),
                EmptyMessageParameters.getInstance(),
                EmptyRequestBody.getInstance()))) {
      configuration.put(entry.getKey(), entry.getValue());
    }
    return RestartRule.of(configuration);
  }

  /** Slots that are free now, or all if none is: then the job waits its turn. At least 1. */
  int slots() {
    ClusterOverviewWithVersion overview = await(client.getClusterOverview());
    int free = overview.getNumSlotsAvailable();
    return Math.max(1, free > 0 ? free : overview.getNumSlotsTotal());
  }

  /** The number of a job that was submitted under a name. */
  JobID jobNamed(String jobName) {
    return await(client.listJobs()).stream()
        .filter(job -> job.getJobName().equals(jobName))
        .map(JobStatusMessage::getJobId)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(name + " does not know job " + jobName));
  }

  JobStatus status(JobID job) {
    return await(client.getJobStatus(job));
  }

  /** How a job ended; waits until it has. */
  JobResult result(JobID job) {
    return await(client.requestJobResult(job));
  }

  void cancel(JobID job) {
    await(client.cancel(job));
  }

  private <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new UsageException(name + " does not answer: " + deepest(e).getMessage(), e);
    } catch (TimeoutException e) {
      throw new UsageException(name + " has not answered for " + TIMEOUT_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + name + " was asked", e);
    }
  }

  private static Throwable deepest(Throwable thrown) {
    Throwable deepest = thrown;
    while (deepest.getCause() != null && deepest.getCause() != deepest) {
      deepest = deepest.getCause();
    }
    return deepest;
  }

  @Override
  public void close() {
    client.close();
  }
}
