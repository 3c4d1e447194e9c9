package io.copyhold.http.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into the jar's manifest, and the JVM that runs it. */
public final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "copyhold " + (version == null ? "(not packaged)" : version),
      "java ${java.version} (${java.vendor}), ${os.name} ${os.arch}"
    };
  }
}
