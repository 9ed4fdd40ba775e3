# language: de
Funktionalität: Ausführung der Skripte
  Je System laufen die Skripte einer Stufe in alphabetischer Reihenfolge, jedes ganz oder gar nicht.
  Scheitert eines, wird von diesem System nichts exportiert; die anderen Systeme laufen weiter.

  Szenario: Skripte laufen in alphabetischer Reihenfolge, nicht in der ihrer Entstehung
    Angenommen das System "tripica" baut 0 Zeilen
    Und das Skript "init/tripica/900_dritter.sql":
      """
      insert into report_oibl.tripica_results select count(*) + 1, 900 from report_oibl.tripica_results;
      """
    Und das Skript "init/tripica/510_erster.sql":
      """
      insert into report_oibl.tripica_results select count(*) + 1, 510 from report_oibl.tripica_results;
      """
    Und das Skript "init/tripica/600_zweiter.sql":
      """
      insert into report_oibl.tripica_results select count(*) + 1, 600 from report_oibl.tripica_results;
      """
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf gelingen
    Und die Datei "enercity/local/tripica_tripica_results_0000.csv" sollte diesen Inhalt haben:
      """
      id,amount
      1,510.00
      2,600.00
      3,900.00
      """

  Szenario: Ein Skript darf viele Anweisungen haben, auch mit Semikolon in Texten und Blöcken
    Angenommen das System "tripica" baut 0 Zeilen
    Und das Skript "init/tripica/600_viele_anweisungen.sql":
      """
      -- ein Kommentar; mit Semikolon
      create temporary table zwischenstand as select 1 as id, 'a;b'::text as text;
      do $$
      begin
          if exists (select 1 from zwischenstand where text like '%;%') then
              insert into report_oibl.tripica_results values (1, 12.5);
          end if;
      end;
      $$;
      /* noch einer; */ insert into report_oibl.tripica_results select id + 1, 100 from zwischenstand;
      """
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf gelingen
    Und die Datei "enercity/local/tripica_tripica_results_0000.csv" sollte diesen Inhalt haben:
      """
      id,amount
      1,12.50
      2,100.00
      """

  Szenario: Mandant, Umgebung und Buchungstag stehen jedem Skript zur Verfügung
    Angenommen das Skript "archive/customer/angaben.sql":
      """
      select '{{ client_id }}' as mandant, '{{ environment }}' as umgebung, '{{ business_date }}'::date is not null as tag
      """
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf gelingen
    Und die archivierte Datei "angaben" von "customer" sollte diesen Inhalt haben:
      """
      mandant,umgebung,tag
      enercity,local,t
      """

  Szenario: Ein fehlerhaftes Skript verhindert den Export seines Systems, nicht den der anderen
    Angenommen das System "tripica" baut 3 Zeilen
    Und das System "bookkeeper" baut 2 Zeilen
    Und das Skript "init/tripica/600_fehlerhaft.sql":
      """
      truncate report_oibl.tripica_results;
      select betrag
      from gibt_es_nicht;
      """
    Und das Skript "init/tripica/700_danach.sql":
      """
      insert into report_oibl.tripica_results values (99, 99);
      """
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf scheitern
    Und die Aufgabe "tripica.init.600_fehlerhaft" sollte 1-mal versucht worden sein
    Und der Fehler der Aufgabe "tripica.init.600_fehlerhaft" sollte "init/tripica/600_fehlerhaft.sql" enthalten
    Und der Fehler der Aufgabe "tripica.init.600_fehlerhaft" sollte "relation "gibt_es_nicht" does not exist" enthalten
    Und der Fehler der Aufgabe "tripica.init.600_fehlerhaft" sollte "LINE 3" enthalten
    Und die Aufgabe "tripica.init.700_danach" sollte nicht gelaufen sein
    Und die Aufgabe "tripica.export" sollte nicht gelaufen sein
    Und die Tabelle "report_oibl.tripica_results" sollte 3 Zeilen haben
    Und die Systeme sollten diesen Stand haben:
      | System     | Stand   |
      | tripica    | failed  |
      | bookkeeper | success |
    Und der Bucket sollte diese Dateien enthalten:
      | Datei                                                 |
      | enercity/local/bookkeeper_bookkeeper_results_0000.csv |
      | enercity/local/bookkeeper_bookkeeper_results.manifest.json |

  Szenario: Eine Prüfung, die nicht zutrifft, verhindert den Export und zeigt die Zahlen
    Angenommen das System "tripica" baut 3 Zeilen
    Und das Skript "postchecks/tripica/010_summe.sql":
      """
      select sum(amount) = 100 as summe_ist_100, 'Summe ' || sum(amount) as details from report_oibl.tripica_results;
      """
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf scheitern
    Und der Fehler der Aufgabe "tripica.postchecks.010_summe" sollte "'summe_ist_100' is not true" enthalten
    Und der Fehler der Aufgabe "tripica.postchecks.010_summe" sollte "Summe 6.60" enthalten
    Und die Aufgabe "tripica.export" sollte nicht gelaufen sein
    Und der Bucket sollte leer sein

  Szenario: Ausgenommene Systeme laufen nicht
    Angenommen das System "tripica" baut 3 Zeilen
    Und das System "bookkeeper" baut 2 Zeilen
    Und die Einstellung "BDA_IGNORE_SYSTEMS" ist "bookkeeper"
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf gelingen
    Und die Systeme sollten diesen Stand haben:
      | System     | Stand   |
      | bookkeeper | skipped |
      | tripica    | success |
    Und der Bucket sollte diese Dateien enthalten:
      | Datei                                           |
      | enercity/local/tripica_tripica_results_0000.csv |
      | enercity/local/tripica_tripica_results.manifest.json |
