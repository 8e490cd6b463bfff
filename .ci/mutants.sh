#!/usr/bin/env bash
# Applies each mutant of .ci/mutants to a copy of the tree and wants the test it names red.
# A mutant that leaves its test green means that the test does not see what it claims to.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R "$root"/{pom.xml,registry-client,inference,serving,gateway,cli,benchmarks,config,docs,models,serin} "$copy"
cd "$copy" || exit 1
git init -q . # so that `git apply` works on the copy alone

killed=0 survived=0
for patch in "$root"/.ci/mutants/${1:-*}.patch; do
    name=$(basename "$patch" .patch)
    read -r module test < <(sed -n 's/^# test: //p' "$patch")
    if ! git apply "$patch"; then
        echo "mutant $name: does not apply"
        survived=$((survived + 1))
        continue
    fi
    log=$copy/$name.log
    timeout 600 mvn -B -q -o -pl "$module" -am -Dtest="$test" -Dsurefire.failIfNoSpecifiedTests=false \
        -Dcompiler.checks=-g -Dcompiler.warnings=-g test > "$log" 2>&1
    status=$?
    if [ $status -eq 124 ]; then
        echo "mutant $name: killed, $test does not come to an end"
        killed=$((killed + 1))
    elif [ $status -eq 0 ]; then
        echo "mutant $name: SURVIVED $test"
        survived=$((survived + 1))
    elif grep -q 'COMPILATION ERROR' "$log" || ! grep -qE 'Tests run:|crashed|terminated' "$log"; then
        echo "mutant $name: did not get as far as its test"
        tail -n 20 "$log"
        survived=$((survived + 1))
    else
        echo "mutant $name: killed by $test"
        killed=$((killed + 1))
    fi
    git apply -R "$patch"
done
echo "mutants: $killed killed, $survived not"
[ "$survived" -eq 0 ] && [ "$killed" -gt 0 ]
