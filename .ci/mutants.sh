#!/usr/bin/env bash
# Applies each mutant of .ci/mutants to a copy of the tree and wants the test it names red.
# A mutant that leaves its test green means that the test does not see what it claims to.
# Usage: .ci/mutants.sh [glob]
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -Rp "$root"/{pom.xml,registry-client,inference,serving,gateway,cli,benchmarks,config,docs,models,serin} "$copy"
cd "$copy" || exit 1
git init -q . # so that `git apply` works on the copy alone

# Built once; a mutant's one class is compiled beside it and comes first, and the tests run without Maven.
junit=$(sed -n 's:.*<junit.version>\(.*\)</junit.version>.*:\1:p' pom.xml)
mvn -B -q package dependency:build-classpath -DskipTests -Dcompiler.checks=-g -Dcompiler.warnings=-g \
    -Dmdep.includeScope=test -Dmdep.outputFile=target/test-classpath > build.log 2>&1 \
    && mvn -B -q -N dependency:copy "-Dartifact=org.junit.platform:junit-platform-console-standalone:$junit" \
        "-DoutputDirectory=$copy/console" >> build.log 2>&1 || {
    tail -n 20 build.log
    exit 1
}
jdk=
for home in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
    if grep -qs '^JAVA_VERSION="25' "$home/release"; then jdk=$home && break; fi
done
[ -n "$jdk" ] || { echo '.ci/mutants.sh: no JDK 25 was found; set JAVA_HOME to one' >&2; exit 78; }
read -ra options < <(sed -n 's:.*<surefire.argLine>\(.*\)</surefire.argLine>.*:\1:p' pom.xml)
read -r excluded < <(sed -n 's:.*<tests.excluded>\(.*\)</tests.excluded>.*:\1:p' pom.xml | tr ',' ' ')

kill_mutant() { # module, test, patch, where its output goes; 0 killed, 1 survived, 2 did not get as far as its test
    local module=$1 test=$2 mutated=$copy/mutated sources tags=() select=() each
    rm -rf "$mutated"
    mkdir "$mutated"
    mapfile -t sources < <(sed -n 's:^+++ b/::p' "$3")
    # By the environment, as ONNX Runtime dies of a long command line.
    export CLASSPATH=$mutated:$module/target/test-classes:$module/target/classes:$(cat "$module/target/test-classpath")
    "$jdk/bin/javac" -nowarn -proc:none -parameters -XDignore.symbol.file -d "$mutated" "${sources[@]}" || return 2
    for each in $excluded; do tags+=(--exclude-tag "$each"); done
    for each in ${test//,/ }; do
        case $each in
            *'#'*) select+=(--select-method "$each") ;;
            *) select+=(--select-class "$each") ;;
        esac
    done
    CLASSPATH=$CLASSPATH:$console timeout 600 "$jdk/bin/java" "${options[@]}" "-Dserin.basedir=$copy" \
        org.junit.platform.console.ConsoleLauncher execute --disable-banner --details none --fail-if-no-tests --fail-fast \
        "${tags[@]}" "${select[@]}"
    case $? in
        0) return 1 ;;
        1) grep -qE '[1-9][0-9]* (tests|containers) failed' "$4" || return 2 ;; # else a JVM that did not come so far
        2 | 255) return 2 ;; # no test, or none could be run
    esac # red, ended by the clock, or dead
}

killed=0 survived=()
console=$(echo "$copy"/console/*.jar)
for patch in "$root"/.ci/mutants/${1:-*}.patch; do
    name=$(basename "$patch" .patch)
    read -r module test < <(sed -n 's/^# test: //p' "$patch")
    if ! git apply "$patch"; then
        echo "mutant $name: does not apply"
        survived+=("$name")
        continue
    fi
    kill_mutant "$module" "$test" "$patch" "$copy/$name.log" > "$copy/$name.log" 2>&1
    case $? in
        0)
            echo "mutant $name: killed by $test"
            killed=$((killed + 1))
            ;;
        1)
            echo "mutant $name: SURVIVED $test"
            survived+=("$name")
            ;;
        *)
            echo "mutant $name: did not get as far as its test"
            tail -n 20 "$copy/$name.log"
            survived+=("$name")
            ;;
    esac
    git apply -R "$patch"
done
echo "mutants: $killed killed, ${#survived[@]} not${survived:+: ${survived[*]}}"
[ "${#survived[@]}" -eq 0 ] && [ "$killed" -gt 0 ]
