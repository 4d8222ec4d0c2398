#!/bin/sh
# (a): one pandoc a note, one after another: pandoc-each.sh PANDOC NOTE…
pandoc=$1
shift
failed=0
for note; do
  pdf=build/${note#notes/}
  mkdir -p "${pdf%/*}"
  "$pandoc" --defaults=latex.yaml --pdf-engine=xelatex "$note" -o "${pdf%.md}.pdf" || failed=1
done
exit $failed
