-- Norvia Freight: operational database (PostgreSQL)
SET TIME ZONE 'UTC';

CREATE TABLE countries (
  code char(2) PRIMARY KEY,
  name text NOT NULL,
  is_eu boolean NOT NULL
);

CREATE TABLE service_levels (
  id smallint PRIMARY KEY,
  code text NOT NULL UNIQUE,
  name text NOT NULL,
  target_hours int NOT NULL
);
COMMENT ON COLUMN service_levels.target_hours IS 'promised transit time from booking to delivery, in hours';

CREATE TABLE depots (
  id int PRIMARY KEY,
  name text NOT NULL,
  city text NOT NULL,
  country_code char(2) NOT NULL REFERENCES countries(code),
  hub_id int REFERENCES depots(id),
  dock_doors int NOT NULL,
  storage_pallets int,
  has_cold_storage boolean NOT NULL DEFAULT false,
  opened_on date NOT NULL,
  closed_on date
);
COMMENT ON COLUMN depots.hub_id IS 'the regional hub this depot feeds; null for hubs';
COMMENT ON COLUMN depots.storage_pallets IS 'pallet positions in the warehouse; null where the site is cross-dock only';

CREATE TABLE customers (
  id int PRIMARY KEY,
  company_name text NOT NULL,
  industry text NOT NULL,
  city text NOT NULL,
  country_code char(2) NOT NULL REFERENCES countries(code),
  account_manager text,
  payment_terms_days int NOT NULL,
  credit_limit numeric(12,2),
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL
);

CREATE TABLE carriers (
  id int PRIMARY KEY,
  name text NOT NULL,
  mode text NOT NULL,
  home_country char(2) NOT NULL REFERENCES countries(code),
  is_preferred boolean NOT NULL DEFAULT false,
  rating numeric(2,1),
  contract_ends_on date
);
COMMENT ON COLUMN carriers.mode IS 'road, rail, sea or air';
COMMENT ON COLUMN carriers.rating IS 'procurement scorecard, 1.0 to 5.0';

CREATE TABLE carrier_countries (
  carrier_id int NOT NULL REFERENCES carriers(id),
  country_code char(2) NOT NULL REFERENCES countries(code),
  PRIMARY KEY (carrier_id, country_code)
);
COMMENT ON TABLE carrier_countries IS 'which countries a carrier serves';

CREATE TABLE vehicles (
  id int PRIMARY KEY,
  plate_number text NOT NULL UNIQUE,
  vehicle_type text NOT NULL,
  fuel_type text NOT NULL,
  depot_id int NOT NULL REFERENCES depots(id),
  max_payload_kg int NOT NULL,
  odometer_km int NOT NULL,
  acquired_on date NOT NULL,
  next_inspection_on date,
  status text NOT NULL
);
COMMENT ON COLUMN vehicles.status IS 'active, in_maintenance, retired';

CREATE TABLE drivers (
  id int PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  home_depot_id int NOT NULL REFERENCES depots(id),
  license_class text NOT NULL,
  adr_certified boolean NOT NULL DEFAULT false,
  hired_on date NOT NULL,
  left_on date
);
COMMENT ON COLUMN drivers.adr_certified IS 'may drive dangerous goods';

CREATE TABLE shipments (
  id int PRIMARY KEY,
  reference text NOT NULL UNIQUE,
  customer_id int NOT NULL REFERENCES customers(id),
  origin_depot_id int NOT NULL REFERENCES depots(id),
  destination_depot_id int NOT NULL REFERENCES depots(id),
  service_level_id smallint NOT NULL REFERENCES service_levels(id),
  status text NOT NULL,
  commodity text,
  weight_kg numeric(10,1) NOT NULL,
  pallet_count int NOT NULL,
  is_hazardous boolean NOT NULL DEFAULT false,
  temperature_controlled boolean NOT NULL DEFAULT false,
  freight_charge numeric(10,2) NOT NULL,
  insured_value numeric(12,2),
  booked_at timestamptz NOT NULL,
  promised_on date NOT NULL,
  picked_up_at timestamptz,
  delivered_at timestamptz
);
COMMENT ON COLUMN shipments.status IS 'booked, in_transit, out_for_delivery, on_hold, delivered, cancelled, lost';
COMMENT ON COLUMN shipments.freight_charge IS 'what we charge the customer, EUR';

CREATE TABLE shipment_legs (
  id int PRIMARY KEY,
  shipment_id int NOT NULL REFERENCES shipments(id),
  leg_no smallint NOT NULL,
  carrier_id int REFERENCES carriers(id),
  vehicle_id int REFERENCES vehicles(id),
  driver_id int REFERENCES drivers(id),
  distance_km numeric(7,1) NOT NULL,
  cost numeric(10,2) NOT NULL,
  departed_at timestamptz NOT NULL,
  arrived_at timestamptz,
  delay_minutes int,
  UNIQUE (shipment_id, leg_no)
);
COMMENT ON COLUMN shipment_legs.carrier_id IS 'subcontracted carrier; null when run with our own fleet';
COMMENT ON COLUMN shipment_legs.cost IS 'what the leg cost us, EUR';

CREATE TABLE delivery_attempts (
  id int PRIMARY KEY,
  shipment_id int NOT NULL REFERENCES shipments(id),
  driver_id int NOT NULL REFERENCES drivers(id),
  attempted_at timestamptz NOT NULL,
  outcome text NOT NULL,
  failure_reason text,
  unloading_minutes int,
  signed_by text
);

CREATE TABLE claims (
  id int PRIMARY KEY,
  shipment_id int NOT NULL REFERENCES shipments(id),
  claim_type text NOT NULL,
  status text NOT NULL,
  amount_claimed numeric(10,2) NOT NULL,
  amount_paid numeric(10,2),
  filed_at timestamptz NOT NULL,
  resolved_at timestamptz
);
COMMENT ON COLUMN claims.status IS 'open, under_review, settled, rejected';

CREATE TABLE invoices (
  id int PRIMARY KEY,
  invoice_number text NOT NULL UNIQUE,
  customer_id int NOT NULL REFERENCES customers(id),
  issued_on date NOT NULL,
  due_on date NOT NULL,
  paid_on date,
  total_amount numeric(12,2) NOT NULL,
  status text NOT NULL
);
COMMENT ON COLUMN invoices.status IS 'paid, sent, overdue, disputed, void';

CREATE TABLE stock_movements (
  id int PRIMARY KEY,
  depot_id int NOT NULL REFERENCES depots(id),
  customer_id int NOT NULL REFERENCES customers(id),
  movement_type text NOT NULL,
  pallets int NOT NULL,
  moved_at timestamptz NOT NULL
);
COMMENT ON TABLE stock_movements IS 'pallets of customers'' goods going in and out of our warehouses';
COMMENT ON COLUMN stock_movements.movement_type IS 'inbound, outbound, transfer, adjustment, write_off';

CREATE INDEX ON shipments (customer_id);
CREATE INDEX ON shipments (booked_at);
CREATE INDEX ON shipment_legs (carrier_id);
CREATE INDEX ON delivery_attempts (shipment_id);
CREATE INDEX ON stock_movements (depot_id, moved_at);

-- ------------------------------------------------------------------ data
-- h(k,n): a fixed number from 0 to n-1 for the key k
CREATE FUNCTION pg_temp.h(k text, n int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT (('x' || substr(md5(k), 1, 7))::bit(28)::int % n) $$;

INSERT INTO countries VALUES
 ('DE','Germany',true),('NL','Netherlands',true),('BE','Belgium',true),('FR','France',true),('PL','Poland',true),
 ('CZ','Czechia',true),('AT','Austria',true),('IT','Italy',true),('ES','Spain',true),('CH','Switzerland',false),
 ('GB','United Kingdom',false),('DK','Denmark',true),('NO','Norway',false);

INSERT INTO service_levels VALUES
 (1,'ECO','Economy',120),(2,'STD','Standard',72),(3,'EXP','Express',36),(4,'SDY','Same Day',12),(5,'XXL','Heavy Haul',168);

INSERT INTO depots VALUES
 (1,'Hamburg Hub','Hamburg','DE',NULL,48,9200,true,'2006-03-01',NULL),
 (2,'Frankfurt Hub','Frankfurt','DE',NULL,56,11000,true,'2004-09-15',NULL),
 (3,'Rotterdam Hub','Rotterdam','NL',NULL,62,14500,true,'2008-05-20',NULL),
 (4,'Warsaw Hub','Warsaw','PL',NULL,40,7800,true,'2013-02-01',NULL),
 (5,'Berlin South','Berlin','DE',1,24,3100,false,'2011-06-01',NULL),
 (6,'Munich East','Munich','DE',2,28,4200,true,'2010-10-04',NULL),
 (7,'Antwerp Port','Antwerp','BE',3,30,5600,false,'2014-04-14',NULL),
 (8,'Paris North','Paris','FR',3,26,3900,true,'2015-09-01',NULL),
 (9,'Lyon','Lyon','FR',2,16,NULL,false,'2018-01-15',NULL),
 (10,'Poznan','Poznan','PL',4,18,2400,false,'2017-03-20',NULL),
 (11,'Prague West','Prague','CZ',2,20,2700,true,'2016-11-07',NULL),
 (12,'Vienna','Vienna','AT',2,14,NULL,false,'2019-05-02',NULL),
 (13,'Milan','Milan','IT',2,22,3300,true,'2020-02-10',NULL),
 (14,'Berlin Tegel','Berlin','DE',1,10,NULL,false,'2009-01-12','2025-03-31'),
 (15,'Madrid','Madrid','ES',3,18,2000,false,'2024-06-03',NULL),
 (16,'Zurich Crossdock','Zurich','CH',2,8,NULL,false,'2026-09-01',NULL);

INSERT INTO customers
SELECT i, n, ind, city, cc,
       CASE WHEN i % 13 = 0 THEN NULL ELSE (ARRAY['Katrin Vogel','Tom Hendriks','Agnieszka Nowak','Luca Ferri','Sophie Laurent'])[1 + pg_temp.h('am'||i,5)] END,
       (ARRAY[14,30,30,30,45,60])[1 + pg_temp.h('pt'||i,6)],
       CASE WHEN i % 9 = 4 THEN NULL ELSE 10000 + 5000 * pg_temp.h('cl'||i,30) END,
       i % 11 <> 7,
       timestamptz '2019-02-04 09:00+00' + i * interval '52 days' + pg_temp.h('cc'||i,480) * interval '1 minute'
FROM (VALUES
 (1,'Brauer Maschinenbau','Machinery','Hamburg','DE'),(2,'Delta Foods','Food & Beverage','Rotterdam','NL'),(3,'Nordlicht Pharma','Pharmaceuticals','Hamburg','DE'),
 (4,'Kowalski Meble','Furniture','Poznan','PL'),(5,'Atelier Moreau','Fashion','Paris','FR'),(6,'Stahlwerk Ruhr','Steel & Metals','Essen','DE'),
 (7,'Van Dijk Flowers','Agriculture','Aalsmeer','NL'),(8,'Bohemia Glass','Consumer Goods','Prague','CZ'),(9,'Alpen Elektronik','Electronics','Vienna','AT'),
 (10,'Ferri Ceramiche','Construction','Milan','IT'),(11,'Lindner Automotive','Automotive','Munich','DE'),(12,'Chemtrans Polska','Chemicals','Warsaw','PL'),
 (13,'Grand Marche','Retail','Lyon','FR'),(14,'Havenbrouwerij','Food & Beverage','Antwerp','BE'),(15,'Sanavit','Pharmaceuticals','Frankfurt','DE'),
 (16,'Kaufring','Retail','Berlin','DE'),(17,'Volta Batteries','Electronics','Berlin','DE'),(18,'Iberfruta','Agriculture','Madrid','ES'),
 (19,'Helvetia Instruments','Machinery','Zurich','CH'),(20,'Schmidt Textil','Fashion','Frankfurt','DE'),(21,'Polar Seafood','Food & Beverage','Oslo','NO'),
 (22,'Rhenus Papier','Paper & Packaging','Cologne','DE'),(23,'Moda Milano','Fashion','Milan','IT'),(24,'BauMax Nord','Construction','Hamburg','DE'),
 (25,'Vistula Steel','Steel & Metals','Warsaw','PL'),(26,'Cavalier Wines','Food & Beverage','Lyon','FR'),(27,'Dansk Mobler','Furniture','Copenhagen','DK'),
 (28,'Autoteile Krause','Automotive','Berlin','DE'),(29,'Pragochem','Chemicals','Prague','CZ'),(30,'Electro Depot Benelux','Electronics','Antwerp','BE'),
 (31,'Tulip Dairy','Food & Beverage','Rotterdam','NL'),(32,'Weiss Medizintechnik','Pharmaceuticals','Munich','DE'),(33,'Carton Vert','Paper & Packaging','Paris','FR'),
 (34,'Thames Tools','Machinery','London','GB'),(35,'Meissner Porzellan','Consumer Goods','Dresden','DE'),(36,'Silesia Motors','Automotive','Katowice','PL'),
 (37,'Orto Verde','Agriculture','Milan','IT'),(38,'Wiener Kaffee','Food & Beverage','Vienna','AT'),(39,'Solaris Panels','Electronics','Rotterdam','NL'),
 (40,'Hafen Chemie','Chemicals','Hamburg','DE'),(41,'Toys & More','Consumer Goods','Frankfurt','DE'),(42,'Lumiere Cosmetics','Consumer Goods','Paris','FR'),
 (43,'Gdansk Timber','Construction','Gdansk','PL'),(44,'Quickmart','Retail','Berlin','DE'),(45,'Aceros Iberia','Steel & Metals','Madrid','ES'),
 (46,'Bavaria Bikes','Consumer Goods','Munich','DE'),(47,'Fjord Furniture','Furniture','Oslo','NO'),(48,'Medisupply Europe','Pharmaceuticals','Antwerp','BE')
) AS v(i,n,ind,city,cc);
-- two new accounts that have not shipped yet
INSERT INTO customers VALUES
 (49,'Zephyr Drones','Electronics','Zurich','CH','Luca Ferri',30,20000,true,'2026-10-14 10:20+00'),
 (50,'Oat & Co','Food & Beverage','Berlin','DE',NULL,14,NULL,true,'2026-11-09 15:45+00');

INSERT INTO carriers VALUES
 (1,'TransEuropa','road','DE',true,4.4,'2027-06-30'),(2,'Baltic Road Lines','road','PL',true,4.1,'2026-12-31'),
 (3,'RailBridge','rail','DE',true,4.6,'2028-03-31'),(4,'Maas Shipping','sea','NL',false,3.7,'2026-12-15'),
 (5,'Skyfreight','air','DE',true,4.2,'2027-01-31'),(6,'Dupont Transports','road','FR',false,3.4,'2027-09-30'),
 (7,'Alpina Cargo','road','AT',false,3.9,'2026-11-30'),(8,'Iberia Trucking','road','ES',false,2.9,NULL),
 (9,'Adria Logistics','road','IT',false,3.6,'2027-04-30'),(10,'Nordic Ferry Freight','sea','DK',true,4.3,'2027-12-31'),
 (11,'Bohemia Express','road','CZ',false,NULL,NULL),(12,'AirLink Cargo','air','GB',false,3.2,'2025-12-31'),
 (13,'Intermodal West','rail','FR',false,3.8,'2027-02-28');

INSERT INTO carrier_countries
SELECT c.id, k.code FROM carriers c CROSS JOIN countries k
WHERE k.code = c.home_country OR pg_temp.h('cck'||c.id||k.code,100) < CASE WHEN c.mode IN ('air','rail') THEN 55 ELSE 28 END;

INSERT INTO vehicles
SELECT i,
       (ARRAY['HH','F','B','M','PO','WA'])[1 + pg_temp.h('vp'||i,6)] || '-NF ' || (1100 + i * 37),
       t,
       CASE WHEN t = 'Van' AND pg_temp.h('vf'||i,10) < 6 THEN 'electric' WHEN t = 'Rigid Truck' AND pg_temp.h('vf'||i,10) < 3 THEN 'lng'
            WHEN pg_temp.h('vf'||i,10) = 9 THEN 'hvo' ELSE 'diesel' END,
       (ARRAY[1,2,3,4,5,6,7,8,9,10,11,12,13,15])[1 + pg_temp.h('vd'||i,14)],
       CASE t WHEN 'Van' THEN 1200 WHEN 'Rigid Truck' THEN 12000 WHEN 'Reefer' THEN 22000 ELSE 25000 END,
       8000 + pg_temp.h('vo'||i,620000),
       date '2017-04-01' + pg_temp.h('va'||i,3300),
       CASE WHEN i % 12 = 5 THEN NULL ELSE date '2026-10-25' + pg_temp.h('vi'||i,240) END,
       CASE WHEN i % 14 = 3 THEN 'retired' WHEN i % 9 = 4 THEN 'in_maintenance' ELSE 'active' END
FROM (SELECT i, (ARRAY['Van','Van','Rigid Truck','Tractor Unit','Tractor Unit','Reefer'])[1 + pg_temp.h('vt'||i,6)] AS t FROM generate_series(1,52) i) s;

INSERT INTO drivers
SELECT i,
       (ARRAY['Jan','Piotr','Markus','Stefan','Marie','Pieter','Anna','Luca','Ivan','Hans','Claire','Tomas','Joanna','Miguel','Sven','Elena'])[1 + pg_temp.h('df'||i,16)],
       (ARRAY['Becker','Kowalczyk','Fischer','de Vries','Martin','Novak','Wagner','Rossi','Lewandowski','Schulz','Dubois','Gruber','Peeters','Garcia','Hoffmann','Zielinski','Bauer','Koch','Bernard','Svoboda','Janssen'])[1 + (i * 8) % 21],
       (ARRAY[1,2,3,4,5,6,7,8,9,10,11,12,13,15])[1 + pg_temp.h('dd'||i,14)],
       (ARRAY['B','C','CE','CE','CE'])[1 + pg_temp.h('dl'||i,5)],
       pg_temp.h('da'||i,10) < 4,
       date '2012-01-09' + pg_temp.h('dh'||i,5300),
       NULL
FROM generate_series(1,58) i;
UPDATE drivers SET left_on = greatest(hired_on + 200, date '2025-02-01' + pg_temp.h('dx'||id,600)) WHERE id % 10 = 6 AND hired_on < '2025-06-01';

-- shipments: more in the later years; weekends thin
INSERT INTO shipments
SELECT i, 'NF-' || to_char(booked_at,'YY') || '-' || lpad((10000 + i)::text,6,'0'),
       cust, o, CASE WHEN d = o THEN (CASE WHEN o = 3 THEN 2 ELSE 3 END) ELSE d END, sl, 'booked',
       CASE WHEN pg_temp.h('co0'||i,20) = 0 THEN NULL ELSE
         CASE (SELECT industry FROM customers c WHERE c.id = cust)
           WHEN 'Food & Beverage' THEN (ARRAY['Beverages','Frozen food','Dry food','Coffee'])[1 + pg_temp.h('co'||i,4)]
           WHEN 'Pharmaceuticals' THEN (ARRAY['Medicines','Medical devices','Vaccines'])[1 + pg_temp.h('co'||i,3)]
           WHEN 'Agriculture' THEN (ARRAY['Fresh produce','Flowers'])[1 + pg_temp.h('co'||i,2)]
           WHEN 'Chemicals' THEN (ARRAY['Industrial chemicals','Paints','Fertilizer'])[1 + pg_temp.h('co'||i,3)]
           WHEN 'Electronics' THEN (ARRAY['Batteries','Consumer electronics','Solar panels'])[1 + pg_temp.h('co'||i,3)]
           WHEN 'Automotive' THEN (ARRAY['Car parts','Tyres'])[1 + pg_temp.h('co'||i,2)]
           WHEN 'Steel & Metals' THEN 'Steel' WHEN 'Machinery' THEN (ARRAY['Machine parts','Tools'])[1 + pg_temp.h('co'||i,2)]
           WHEN 'Furniture' THEN 'Furniture' WHEN 'Fashion' THEN 'Clothing'
           WHEN 'Construction' THEN (ARRAY['Building materials','Tiles','Timber'])[1 + pg_temp.h('co'||i,3)]
           WHEN 'Paper & Packaging' THEN 'Paper' ELSE (ARRAY['Household goods','Toys','Cosmetics'])[1 + pg_temp.h('co'||i,3)] END END,
       w, greatest(1, (w / 420)::int), false, false,
       round((38 + w * 0.11 * (ARRAY[0.8,1.0,1.6,2.4,1.9])[sl] + pg_temp.h('fc'||i,9000) / 100.0)::numeric, 2),
       CASE WHEN pg_temp.h('iv0'||i,3) = 0 THEN NULL ELSE round((w * (2 + pg_temp.h('iv'||i,40)))::numeric, -2) + 500 END,
       booked_at, (booked_at + (ARRAY[120,72,36,12,168])[sl] * interval '1 hour')::date, NULL, NULL
FROM (
  SELECT i,
    (ARRAY[2,3,11,11,16,16,16,28,31,15,12,5,1,40,44,44,25,36,39,48])[1 + pg_temp.h('cu1'||i,20)] * (CASE WHEN pg_temp.h('cu0'||i,10) < 5 THEN 1 ELSE 0 END)
     + (1 + pg_temp.h('cu2'||i,48)) * (CASE WHEN pg_temp.h('cu0'||i,10) < 5 THEN 0 ELSE 1 END) AS cust,
    CASE WHEN b >= timestamptz '2025-04-01 00:00+00' THEN (ARRAY[1,1,1,2,2,2,3,3,3,4,4,5,6,6,7,8,9,10,11,12,13,15])[1 + pg_temp.h('o'||i,22)]
         ELSE (ARRAY[1,1,1,2,2,2,3,3,3,4,4,5,6,6,7,8,9,10,11,12,13,14])[1 + pg_temp.h('o'||i,22)] END AS o,
    (ARRAY[1,2,2,3,4,5,5,5,6,6,7,8,8,9,10,11,12,13])[1 + pg_temp.h('d'||i,18)] AS d,
    (ARRAY[1,1,2,2,2,2,2,3,3,3,4,5])[1 + pg_temp.h('sl'||i,12)] AS sl,
    round((CASE pg_temp.h('w0'||i,6) WHEN 0 THEN 40 + pg_temp.h('w'||i,260) WHEN 5 THEN 8000 + pg_temp.h('w'||i,15500) ELSE 300 + pg_temp.h('w'||i,6200) END + pg_temp.h('w1'||i,10) / 10.0)::numeric, 1) AS w,
    b AS booked_at
  FROM (
    SELECT i, CASE extract(isodow FROM b0) WHEN 7 THEN b0 - interval '2 days' WHEN 6 THEN b0 - interval '1 day' * (i % 2) ELSE b0 END AS b
    FROM (SELECT i, date_trunc('day', timestamptz '2024-01-02 00:00+00' + interval '1 day' * (1053.6 * power((i - 1) / 1800.0, 0.86)))
                 + interval '6 hours' + pg_temp.h('bm'||i,720) * interval '1 minute' AS b0 FROM generate_series(1,1800) i) x
  ) y
) z;

UPDATE shipments SET is_hazardous = coalesce(commodity,'') IN ('Industrial chemicals','Paints','Batteries','Fertilizer') AND pg_temp.h('hz'||id,10) < 8,
  temperature_controlled = coalesce(commodity,'') IN ('Frozen food','Vaccines','Fresh produce','Flowers','Medicines') AND pg_temp.h('tc'||id,10) < 9;

UPDATE shipments s SET
  picked_up_at = booked_at + (60 + pg_temp.h('pu'||s.id, 600)) * interval '1 minute',
  delivered_at = booked_at + (l.target_hours * (0.45 + pg_temp.h('dv'||s.id, 72) / 100.0) + CASE WHEN pg_temp.h('dl8'||s.id,14) = 0 THEN 46 ELSE 6.5 END) * interval '1 hour',
  status = 'delivered'
FROM service_levels l WHERE l.id = s.service_level_id;

UPDATE shipments SET status = 'cancelled', delivered_at = NULL, picked_up_at = NULL WHERE pg_temp.h('st'||id,100) < 5;
UPDATE shipments SET status = 'lost', delivered_at = NULL WHERE pg_temp.h('st'||id,1000) BETWEEN 510 AND 515 AND status = 'delivered';
UPDATE shipments SET status = 'in_transit', delivered_at = NULL WHERE status = 'delivered' AND (delivered_at > '2026-11-20 19:00+00' OR booked_at > '2026-11-11' AND id % 5 > 2);
UPDATE shipments SET status = 'out_for_delivery' WHERE status = 'in_transit' AND booked_at < '2026-11-18' AND id % 3 = 0;
UPDATE shipments SET status = 'booked', picked_up_at = NULL WHERE status = 'in_transit' AND booked_at > '2026-11-17' AND id % 3 <> 0;
UPDATE shipments SET status = 'on_hold', delivered_at = NULL WHERE status = 'delivered' AND booked_at > '2026-10-05' AND pg_temp.h('oh'||id,12) = 0;

INSERT INTO shipment_legs
SELECT row_number() OVER (ORDER BY s.id, n), s.id, n,
       CASE WHEN sub THEN CASE WHEN mode < 7 THEN (ARRAY[1,1,1,2,2,6,7,8,9,11])[1 + pg_temp.h('lc'||s.id||'-'||n,10)] ELSE (ARRAY[3,3,4,5,10,12,13])[1 + pg_temp.h('lc'||s.id||'-'||n,7)] END END,
       CASE WHEN NOT sub THEN 1 + pg_temp.h('lv'||s.id||'-'||n,50) END,
       CASE WHEN NOT sub THEN 1 + pg_temp.h('ld'||s.id||'-'||n,56) END,
       km, round(24 + km * (0.42 + pg_temp.h('lk2'||s.id||'-'||n,50) / 100.0) * CASE WHEN sub THEN 1.3 ELSE 1 END + s.weight_kg * 0.012, 2),
       dep,
       CASE WHEN s.status IN ('in_transit','on_hold') AND n = legs THEN NULL ELSE dep + (km / 58.0) * interval '1 hour' + coalesce(dm,0) * interval '1 minute' END,
       CASE WHEN s.status IN ('in_transit','on_hold') AND n = legs THEN NULL ELSE dm END
FROM (
  SELECT s.*, n, pg_temp.h('ls'||s.id||'-'||n,10) < 5 AS sub, pg_temp.h('lm'||s.id||'-'||n,10) AS mode,
         round((70 + pg_temp.h('lk'||s.id||'-'||n,8600) / 10.0)::numeric,1) AS km,
         s.picked_up_at + ((n - 1) * 17) * interval '1 hour' + pg_temp.h('lq'||s.id||'-'||n,150) * interval '1 minute' AS dep,
         CASE WHEN pg_temp.h('lz'||s.id||'-'||n,25) = 0 THEN NULL WHEN pg_temp.h('lz'||s.id||'-'||n,25) < 15 THEN 0 ELSE 5 + pg_temp.h('lw'||s.id||'-'||n,190) END AS dm
  FROM (SELECT s.*, (ARRAY[1,1,1,2,2,3])[1 + pg_temp.h('nl'||s.id,6)] AS legs FROM shipments s WHERE s.picked_up_at IS NOT NULL) s
  CROSS JOIN LATERAL generate_series(1, s.legs) n
) s;

DELETE FROM shipment_legs WHERE departed_at > '2026-11-21 12:00+00';
UPDATE shipment_legs SET arrived_at = NULL, delay_minutes = NULL WHERE arrived_at > '2026-11-21 12:00+00';

-- failed first attempts, then the successful one
INSERT INTO delivery_attempts
SELECT row_number() OVER (ORDER BY at, id, k), id, 1 + pg_temp.h('ad'||id,56), at,
       CASE WHEN k = 1 THEN 'failed' ELSE CASE WHEN pg_temp.h('ap'||id,40) = 0 THEN 'partial' ELSE 'delivered' END END,
       CASE WHEN k = 1 THEN (ARRAY['Nobody on site','Nobody on site','Wrong address','Refused by recipient','Site closed','No time slot'])[1 + pg_temp.h('ar'||id,6)] END,
       CASE WHEN k = 2 AND pg_temp.h('au0'||id,30) > 0 THEN 8 + least(pallet_count,33) * 2 + pg_temp.h('au'||id,25) END,
       CASE WHEN k = 2 THEN (ARRAY['M. Braun','J. Smit','K. Nowak','P. Leroy','A. Conti','H. Meyer','R. Horak','S. Wolf','T. Jensen'])[1 + pg_temp.h('as'||id,9)] END
FROM (
  SELECT id, pallet_count, delivered_at AS at, 2 AS k FROM shipments WHERE status = 'delivered'
  UNION ALL
  SELECT id, pallet_count, delivered_at - interval '1 hour' * (5 + pg_temp.h('af1'||id,18)), 1 FROM shipments WHERE status = 'delivered' AND pg_temp.h('af'||id,9) = 0
  UNION ALL
  SELECT id, pallet_count, timestamptz '2026-11-20 09:00+00' + pg_temp.h('af2'||id,500) * interval '1 minute', 1 FROM shipments WHERE status = 'out_for_delivery' AND id % 2 = 0
) a;

INSERT INTO claims
SELECT row_number() OVER (ORDER BY filed), sid, typ, st, amt,
       CASE st WHEN 'settled' THEN round(amt * (40 + pg_temp.h('cp'||sid,61)) / 100.0, 2) WHEN 'rejected' THEN 0 END,
       filed, CASE WHEN st IN ('settled','rejected') THEN least(filed + (4 + pg_temp.h('cd'||sid,70)) * interval '1 day' + interval '3 hours', timestamptz '2026-11-20 16:00+00') END
FROM (
  SELECT sid, typ, filed, amt,
         CASE WHEN filed > '2026-10-01' THEN (ARRAY['open','open','under_review','settled'])[1 + pg_temp.h('cs'||sid,4)]
              WHEN filed > '2026-06-01' THEN (ARRAY['open','under_review','settled','settled','rejected'])[1 + pg_temp.h('cs'||sid,5)]
              ELSE (ARRAY['settled','settled','settled','rejected','rejected'])[1 + pg_temp.h('cs'||sid,5)] END AS st
  FROM (
    SELECT id AS sid, CASE WHEN status = 'lost' THEN 'loss' ELSE (ARRAY['damage','damage','damage','delay','delay','shortage'])[1 + pg_temp.h('ct'||id,6)] END AS typ,
           least(coalesce(delivered_at, booked_at + interval '9 days') + (1 + pg_temp.h('cf'||id,12)) * interval '1 day', timestamptz '2026-11-20 11:00+00' - id * interval '1 minute') AS filed,
           round((60 + weight_kg * 0.3 + pg_temp.h('ca'||id,180000) / 100.0)::numeric, 2) AS amt
    FROM shipments WHERE status = 'lost' OR (status = 'delivered' AND pg_temp.h('cl'||id,10) = 0)
  ) a
) b;

-- one invoice per customer and month with shipments
INSERT INTO invoices
SELECT n, 'INV-' || to_char(iss,'YYYY') || '-' || lpad(n::text,5,'0'), cust, iss, due,
       CASE WHEN st = 'paid' THEN pd END, amt, st
FROM (
  SELECT n, cust, iss, due, pd, amt,
         CASE WHEN pg_temp.h('is'||n,60) = 0 THEN 'void' WHEN pg_temp.h('is'||n,45) = 1 THEN 'disputed' WHEN pd <= date '2026-11-20' AND NOT (due > '2026-06-01' AND pg_temp.h('iu'||n,8) = 0) THEN 'paid'
              WHEN due < date '2026-11-23' THEN 'overdue' ELSE 'sent' END AS st
  FROM (
    SELECT row_number() OVER (ORDER BY m, cust) AS n, cust, iss, iss + terms AS due, iss + terms - 12 + pg_temp.h('ip'||cust||m,26) AS pd, amt
    FROM (
      SELECT s.customer_id AS cust, date_trunc('month', s.booked_at)::date AS m, (date_trunc('month', s.booked_at) + interval '1 month')::date + pg_temp.h('ii'||s.customer_id,4) AS iss,
             c.payment_terms_days AS terms, round(sum(s.freight_charge) * 1.19, 2) AS amt
      FROM shipments s JOIN customers c ON c.id = s.customer_id WHERE s.status <> 'cancelled' AND s.booked_at < '2026-11-01' GROUP BY 1,2,3,4
    ) g
  ) q
) w;

INSERT INTO stock_movements
SELECT i, (ARRAY[1,1,2,2,3,3,3,4,5,6,7,8,10,11,13,15])[1 + pg_temp.h('sd'||i,16)],
       (ARRAY[2,2,3,5,8,11,13,14,16,16,23,26,30,31,31,35,38,39,41,42,44,46,48])[1 + pg_temp.h('sc'||i,23)],
       (ARRAY['inbound','inbound','inbound','inbound','inbound','inbound','outbound','outbound','outbound','outbound','outbound','transfer','transfer','adjustment','write_off'])[1 + pg_temp.h('sm'||i,15)],
       1 + pg_temp.h('sq'||i,44),
       date_trunc('day', timestamptz '2024-01-03 00:00+00' + i * interval '1 day' * (1052.0 / 2200)) + interval '5 hours' + pg_temp.h('sh'||i,960) * interval '1 minute'
FROM generate_series(1,2200) i;
UPDATE stock_movements SET depot_id = 1 WHERE depot_id = 15 AND moved_at < '2024-06-03';
UPDATE stock_movements SET pallets = 1 + pallets % 6 WHERE movement_type IN ('adjustment','write_off');
UPDATE stock_movements SET moved_at = moved_at - interval '1 day' WHERE moved_at > '2026-11-20 21:00+00';
