-- Group of outpatient clinics: operational database (EUR, UTC)
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE TABLE clinics (
  id            integer PRIMARY KEY,
  name          text NOT NULL UNIQUE,
  city          text NOT NULL,
  street        text,
  opened_on     date NOT NULL,
  closed_on     date,
  exam_rooms    integer NOT NULL,
  has_lab       boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE clinics IS 'Outpatient sites of the group';

CREATE TABLE departments (
  id    integer PRIMARY KEY,
  code  text NOT NULL UNIQUE,
  name  text NOT NULL
);
COMMENT ON TABLE departments IS 'Medical specialties, shared by all sites';

CREATE TABLE practitioners (
  id             integer PRIMARY KEY,
  title          text,
  first_name     text NOT NULL,
  last_name      text NOT NULL,
  role           text NOT NULL CHECK (role IN ('physician','nurse','therapist','assistant')),
  department_id  integer NOT NULL REFERENCES departments(id),
  supervisor_id  integer REFERENCES practitioners(id),
  license_no     text,
  weekly_hours   numeric(4,1) NOT NULL,
  hired_on       date NOT NULL,
  left_on        date
);
COMMENT ON COLUMN practitioners.left_on IS 'Last working day; null while employed';

CREATE TABLE practitioner_clinics (
  practitioner_id integer NOT NULL REFERENCES practitioners(id),
  clinic_id       integer NOT NULL REFERENCES clinics(id),
  since           date NOT NULL,
  PRIMARY KEY (practitioner_id, clinic_id)
);
COMMENT ON TABLE practitioner_clinics IS 'Which practitioner works at which sites';

CREATE TABLE insurers (
  id         integer PRIMARY KEY,
  name       text NOT NULL UNIQUE,
  kind       text NOT NULL CHECK (kind IN ('statutory','private')),
  country    char(2) NOT NULL DEFAULT 'DE',
  payment_terms_days integer NOT NULL,
  is_active  boolean NOT NULL DEFAULT true
);

CREATE TABLE patients (
  id                      integer PRIMARY KEY,
  patient_no              text NOT NULL UNIQUE,
  first_name              text NOT NULL,
  last_name               text NOT NULL,
  date_of_birth           date NOT NULL,
  sex                     char(1) NOT NULL CHECK (sex IN ('F','M','X')),
  city                    text NOT NULL,
  email                   text,
  phone                   text,
  insurer_id              integer REFERENCES insurers(id),
  primary_practitioner_id integer REFERENCES practitioners(id),
  newsletter_opt_in       boolean NOT NULL DEFAULT false,
  registered_at           timestamptz NOT NULL,
  deceased_on             date
);
COMMENT ON COLUMN patients.insurer_id IS 'Null for self-pay patients';
COMMENT ON COLUMN patients.sex IS 'F female, M male, X diverse';

CREATE TABLE procedures (
  id               integer PRIMARY KEY,
  code             text NOT NULL UNIQUE,
  name             text NOT NULL,
  category         text NOT NULL,
  department_id    integer REFERENCES departments(id),
  list_price       numeric(8,2) NOT NULL,
  standard_minutes integer NOT NULL
);

CREATE TABLE appointments (
  id               integer PRIMARY KEY,
  patient_id       integer NOT NULL REFERENCES patients(id),
  practitioner_id  integer NOT NULL REFERENCES practitioners(id),
  clinic_id        integer NOT NULL REFERENCES clinics(id),
  booked_at        timestamptz NOT NULL,
  starts_at        timestamptz NOT NULL,
  duration_minutes integer NOT NULL,
  status           text NOT NULL CHECK (status IN ('scheduled','completed','cancelled','no_show')),
  channel          text NOT NULL,
  is_first_visit   boolean NOT NULL,
  is_telehealth    boolean NOT NULL DEFAULT false,
  wait_minutes     integer,
  cancel_reason    text
);
COMMENT ON COLUMN appointments.wait_minutes IS 'Minutes between check-in and being seen; only for completed visits on site';
COMMENT ON COLUMN appointments.channel IS 'How it was booked: phone, web, app, front_desk';

CREATE TABLE treatments (
  id              integer PRIMARY KEY,
  appointment_id  integer NOT NULL REFERENCES appointments(id),
  procedure_id    integer NOT NULL REFERENCES procedures(id),
  quantity        integer NOT NULL DEFAULT 1,
  charged_amount  numeric(9,2) NOT NULL,
  performed_at    timestamptz NOT NULL
);
COMMENT ON COLUMN treatments.charged_amount IS 'Amount charged for the line, all units, EUR';

CREATE TABLE medications (
  id            integer PRIMARY KEY,
  name          text NOT NULL UNIQUE,
  drug_class    text NOT NULL,
  form          text NOT NULL,
  is_controlled boolean NOT NULL DEFAULT false
);

CREATE TABLE prescriptions (
  id              integer PRIMARY KEY,
  patient_id      integer NOT NULL REFERENCES patients(id),
  practitioner_id integer NOT NULL REFERENCES practitioners(id),
  medication_id   integer NOT NULL REFERENCES medications(id),
  appointment_id  integer REFERENCES appointments(id),
  issued_on       date NOT NULL,
  days_supply     integer NOT NULL,
  refills         integer NOT NULL DEFAULT 0
);
COMMENT ON COLUMN prescriptions.appointment_id IS 'Null when issued without a visit (repeat prescription)';

CREATE TABLE referrals (
  id                   integer PRIMARY KEY,
  patient_id           integer NOT NULL REFERENCES patients(id),
  from_practitioner_id integer NOT NULL REFERENCES practitioners(id),
  to_practitioner_id   integer REFERENCES practitioners(id),
  target_department_id integer NOT NULL REFERENCES departments(id),
  urgency              text NOT NULL CHECK (urgency IN ('routine','soon','urgent')),
  status               text NOT NULL CHECK (status IN ('open','accepted','completed','declined')),
  created_at           timestamptz NOT NULL,
  closed_at            timestamptz
);
COMMENT ON COLUMN referrals.to_practitioner_id IS 'Receiving practitioner; null until assigned';

CREATE TABLE invoices (
  id             integer PRIMARY KEY,
  invoice_no     text NOT NULL UNIQUE,
  appointment_id integer NOT NULL REFERENCES appointments(id),
  patient_id     integer NOT NULL REFERENCES patients(id),
  insurer_id     integer REFERENCES insurers(id),
  issued_on      date NOT NULL,
  due_on         date NOT NULL,
  total_amount   numeric(10,2) NOT NULL,
  status         text NOT NULL CHECK (status IN ('draft','sent','paid','overdue','written_off')),
  reminders_sent integer NOT NULL DEFAULT 0
);
COMMENT ON COLUMN invoices.insurer_id IS 'Insurer billed; null when the patient pays';

CREATE TABLE payments (
  id         integer PRIMARY KEY,
  invoice_id integer NOT NULL REFERENCES invoices(id),
  amount     numeric(10,2) NOT NULL,
  method     text NOT NULL,
  paid_at    timestamptz NOT NULL
);

CREATE INDEX ON appointments (starts_at);
CREATE INDEX ON treatments (appointment_id);
CREATE INDEX ON payments (invoice_id);

-- ---------------------------------------------------------------- data
CREATE FUNCTION pg_temp.h(k text, n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$ SELECT ('x' || substr(md5(k), 1, 7))::bit(28)::int % n $$;
CREATE FUNCTION pg_temp.pick(k text, a text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT a[1 + ('x' || substr(md5(k), 1, 7))::bit(28)::int % array_length(a, 1)] $$;

INSERT INTO clinics VALUES
 (1,'Praxisklinik Mitte','Berlin','Torstraße 112','2009-04-01',NULL,14,true),
 (2,'Praxisklinik Neukölln','Berlin','Karl-Marx-Straße 80','2015-09-01',NULL,8,false),
 (3,'Alster Ambulatorium','Hamburg','Jungfernstieg 21','2012-02-15',NULL,11,true),
 (4,'Isar Gesundheitszentrum','Munich','Sendlinger Straße 9','2017-06-01',NULL,10,true),
 (5,'Rheinpraxis','Cologne','Hohenzollernring 54','2019-01-10',NULL,7,false),
 (6,'Gesundheitshaus Plagwitz','Leipzig','Karl-Heine-Straße 33','2021-05-03',NULL,6,false),
 (7,'Elbe Medical Centre','Hamburg','Große Elbstraße 145','2025-03-01',NULL,5,false),
 (8,'Praxis am Zwinger','Dresden','Ostra-Allee 4','2018-10-01','2025-08-31',4,false);

INSERT INTO departments VALUES
 (1,'GP','General Practice'),(2,'DERM','Dermatology'),(3,'ORTH','Orthopaedics'),(4,'CARD','Cardiology'),
 (5,'GYN','Gynaecology'),(6,'PED','Paediatrics'),(7,'ENT','Ear, Nose and Throat'),(8,'PHYS','Physiotherapy'),(9,'OPH','Ophthalmology');

INSERT INTO practitioners
SELECT i,
  CASE WHEN r='physician' THEN CASE WHEN pg_temp.h('tit'||i,9)=0 THEN 'Prof. Dr.' ELSE 'Dr.' END END,
  (ARRAY['Anna','Jonas','Miriam','Stefan','Leyla','Tobias','Katrin','Henrik','Sofia','Markus','Elif','David','Julia','Paul','Ines','Georg','Nadia','Felix','Petra','Omar',
         'Clara','Ben','Ulrike','Mateo','Lena','Rolf','Yasmin','Erik','Marta','Simon','Hanna','Viktor','Doris','Karim','Silke','Lukas','Agnes','Timo','Rosa','Bernd','Carla','Nils'])[i],
  (ARRAY['Weber','Hoffmann','Keller','Brandt','Yilmaz','Krüger','Lorenz','Petersen','Rossi','Vogel','Demir','Rosenthal','Becker','Schuster','Carvalho','Lang','Haddad','Winter','Böhm','Saleh',
         'Neumann','Fischer','Graf','Alvarez','Sommer','Ziegler','Aydin','Lindqvist','Nowak','Berger','Schmidt','Orlov','Maurer','Mansour','Pohl','Wagner','Stein','Kraft','Moreno','Jansen','Fuchs','Otto'])[i],
  r, 1 + (i-1)%9,
  CASE WHEN i<=9 THEN NULL ELSE 1 + (i-1)%9 END,
  CASE WHEN r IN ('physician','therapist') THEN 'LIC-'||(40000+pg_temp.h('lic'||i,50000)) END,
  (ARRAY[38.5,40,40,30,20,24])[1+pg_temp.h('wh'||i,6)],
  date '2010-01-01' + CASE WHEN i<=9 THEN pg_temp.h('hire'||i,3000) WHEN i IN (36,37,41,42) THEN 5480+pg_temp.h('hire'||i,560) ELSE 2500+pg_temp.h('hire'||i,2550) END,
  CASE WHEN i IN (17,23,31,38) THEN date '2025-02-28' + 91*(i%5) END
FROM (SELECT i, CASE WHEN i>36 THEN 'assistant' WHEN i BETWEEN 28 AND 35 AND i<>34 THEN 'nurse' WHEN (i-1)%9=7 THEN 'therapist' ELSE 'physician' END r
      FROM generate_series(1,42) i) s;

INSERT INTO practitioner_clinics
SELECT p.id, c, greatest(p.hired_on, (SELECT opened_on FROM clinics WHERE id=c)) + pg_temp.h('since'||p.id||c,200)
FROM practitioners p, generate_series(1,8) c
WHERE c = 1 + p.id%8 OR pg_temp.h('pc'||p.id||'-'||c, 5)=0;

INSERT INTO insurers VALUES
 (1,'AOK Nordost','statutory','DE',30,true),(2,'Techniker Krankenkasse','statutory','DE',30,true),(3,'Barmer','statutory','DE',30,true),
 (4,'DAK-Gesundheit','statutory','DE',30,true),(5,'IKK classic','statutory','DE',45,true),(6,'Allianz Private','private','DE',21,true),
 (7,'Debeka','private','DE',21,true),(8,'DKV','private','DE',21,true),(9,'Signal Iduna','private','DE',28,true),
 (10,'AXA Health','private','FR',45,true),(11,'Helsana','private','CH',60,true),(12,'Central Kranken','private','DE',30,false);

INSERT INTO patients
SELECT i, 'P'||lpad(i::text,6,'0'),
  CASE WHEN sx='M' THEN pg_temp.pick('fn'||i, ARRAY['Lukas','Finn','Peter','Mehmet','Andreas','Jan','Wolfgang','Ali','Maximilian','Thomas','Igor','Oliver','Klaus','Emil','Daniel'])
       ELSE pg_temp.pick('fn'||i, ARRAY['Emma','Sabine','Fatma','Marie','Gisela','Laura','Monika','Olga','Charlotte','Aylin','Heike','Mia','Renate','Sarah','Zeynep']) END,
  pg_temp.pick('ln'||i, ARRAY['Müller','Schneider','Meyer','Schulz','Richter','Klein','Wolf','Schröder','Kaya','Zimmermann','Hartmann','Krause','Lehmann','Köhler','Maier','Walter','Peters','Arslan','Ivanova','Nguyen','Kowalski','Seidel','Heinrich','Brand']),
  date '1934-01-15' + pg_temp.h('dob'||i, 32500), sx,
  pg_temp.pick('city'||i, ARRAY['Berlin','Berlin','Berlin','Potsdam','Hamburg','Hamburg','Munich','Munich','Cologne','Leipzig','Leipzig','Dresden','Bonn','Lübeck']),
  CASE WHEN pg_temp.h('em'||i,5)>0 THEN 'patient'||i||'@'||pg_temp.pick('dom'||i, ARRAY['gmx.de','web.de','gmail.com','posteo.de']) END,
  CASE WHEN pg_temp.h('ph'||i,12)>0 THEN '+49 1'||(500000000+pg_temp.h('phn'||i,99999999)) END,
  CASE WHEN pg_temp.h('ins'||i,9)=0 THEN NULL ELSE (ARRAY[1,1,1,2,2,2,2,3,3,4,4,5,6,7,7,8,9,10,12])[1+pg_temp.h('insx'||i,19)] END,
  CASE WHEN pg_temp.h('pp'||i,6)=0 THEN NULL ELSE 1+pg_temp.h('ppx'||i,27) END,
  pg_temp.h('nl'||i,3)=0,
  timestamptz '2024-01-02 07:30+00' + make_interval(days => CASE WHEN i<=150 THEN -5*(150-i) ELSE (power((i-150)/470.0, 1.05)*1053)::int END, mins => pg_temp.h('reg'||i,600)),
  NULL
FROM (SELECT i, CASE WHEN pg_temp.h('sx'||i,80)=0 THEN 'X' WHEN pg_temp.h('sx'||i,100)<54 THEN 'F' ELSE 'M' END sx FROM generate_series(1,620) i) s;

INSERT INTO procedures VALUES
 (1,'GP-001','General consultation','Consultation',1,48.00,15),(2,'GP-014','Blood panel','Lab',1,36.50,10),(3,'GP-020','Flu vaccination','Vaccination',1,29.00,10),
 (4,'GP-021','Tetanus booster','Vaccination',1,26.00,10),(5,'DE-003','Skin cancer screening','Screening',2,74.00,20),(6,'DE-010','Mole removal','Minor surgery',2,185.00,40),
 (7,'OR-002','Joint ultrasound','Imaging',3,92.00,20),(8,'OR-007','Knee injection','Injection',3,118.00,20),(9,'OR-011','X-ray','Imaging',3,85.00,15),
 (10,'CA-001','ECG','Diagnostics',4,64.00,20),(11,'CA-004','Stress test','Diagnostics',4,142.00,45),(12,'CA-006','Echocardiogram','Imaging',4,178.00,40),
 (13,'GY-001','Annual gynaecological check-up','Screening',5,88.00,30),(14,'GY-005','Pregnancy ultrasound','Imaging',5,110.00,30),(15,'PE-001','Child health check','Screening',6,66.00,30),
 (16,'PE-003','MMR vaccination','Vaccination',6,58.00,10),(17,'EN-002','Hearing test','Diagnostics',7,54.00,25),(18,'EN-006','Nasal endoscopy','Diagnostics',7,96.00,20),
 (19,'PH-001','Physiotherapy session','Therapy',8,42.00,30),(20,'PH-004','Manual therapy','Therapy',8,51.00,30),(21,'OP-001','Vision test','Diagnostics',9,45.00,20),
 (22,'OP-005','Glaucoma screening','Screening',9,69.00,25),(23,'XX-001','Medical certificate','Administrative',NULL,15.00,5),(24,'XX-009','Travel health consultation','Consultation',NULL,55.00,25);

INSERT INTO appointments
SELECT i, pat.id, pr, cl,
  st - make_interval(days => pg_temp.h('lead'||i,35), hours => 1+pg_temp.h('leadh'||i,6)),
  st, (ARRAY[15,15,20,20,30,30,45,60])[1+pg_temp.h('dur'||i,8)], stat,
  pg_temp.pick('ch'||i, ARRAY['phone','phone','phone','web','web','web','app','app','front_desk']),
  pg_temp.h('fv'||i,4)=0, tele,
  CASE WHEN stat='completed' AND NOT tele AND pg_temp.h('w'||i,15)>0 THEN 1 + (pg_temp.h('wait'||i,24) + pg_temp.h('wait2'||i,30)*(CASE WHEN cl IN (1,5) THEN 2 ELSE 1 END)) END,
  CASE WHEN stat='cancelled' AND pg_temp.h('crn'||i,5)>0 THEN pg_temp.pick('cr'||i, ARRAY['patient request','patient request','illness','practitioner absent','double booking']) END
FROM (
  SELECT i, d, st, cl, pr, tele,
    CASE WHEN d >= date '2026-11-16' AND pg_temp.h('sch'||i,3)=0 THEN 'scheduled'
         WHEN x<74 THEN 'completed' WHEN x<89 THEN 'cancelled' ELSE 'no_show' END stat
  FROM (
    SELECT i, d, (d + make_interval(hours => 7+pg_temp.h('hr'||i,10), mins => 15*pg_temp.h('mi'||i,4))) AT TIME ZONE 'UTC' AS st,
      CASE WHEN c0=7 AND d < date '2025-03-03' THEN 3 WHEN c0=8 AND d > date '2025-08-29' THEN 6 ELSE c0 END cl,
      CASE WHEN p0=17 AND d> date '2025-08-01' THEN 26 WHEN p0=23 AND d> date '2025-08-01' THEN 14 WHEN p0=31 AND d>date '2025-02-28' THEN 4 WHEN p0=36 AND d<date '2026-08-01' THEN 27 ELSE p0 END pr,
      pg_temp.h('tele'||i,9)=0 tele, pg_temp.h('st'||i,100) x
    FROM (
      SELECT i, CASE WHEN extract(isodow from d0)=7 THEN d0+1 WHEN extract(isodow from d0)=6 AND i%4>0 THEN d0-1 ELSE d0 END d,
        (ARRAY[1,1,1,1,2,2,3,3,3,4,4,5,5,6,7,8])[1+pg_temp.h('cl'||i,16)] c0,
        CASE WHEN pg_temp.h('prx'||i,3)=0 THEN 1+pg_temp.h('pra'||i,9) ELSE 1+pg_temp.h('pr'||i,36) END p0
      FROM (SELECT i, date '2024-01-03' + least(1052,(1052*power(i/2600.0,0.85))::int) d0 FROM generate_series(1,2600) i) a
    ) b
  ) c
) e
JOIN LATERAL (SELECT 1 + pg_temp.h('pat'||i, 130 + (450*power((e.d - date '2024-01-01')/1060.0, 0.96))::int) AS id) pat ON true;

INSERT INTO treatments
SELECT row_number() OVER (ORDER BY a.id, k), a.id, proc.id, q,
  round(proc.list_price * q * (ARRAY[1,1,1,1,0.9,1.15,1.3])[1+pg_temp.h('pf'||a.id||'-'||k,7)],2),
  a.starts_at + make_interval(mins => 5*k)
FROM appointments a
JOIN practitioners pr ON pr.id=a.practitioner_id
CROSS JOIN generate_series(1,3) k
JOIN LATERAL (SELECT CASE WHEN k=1 THEN 1 WHEN pg_temp.h('q'||a.id||k,8)=0 THEN 2 ELSE 1 END q) qq ON true
JOIN LATERAL (
  SELECT p.* FROM procedures p
  WHERE CASE WHEN pg_temp.h('own'||a.id||k,4)>0 THEN p.department_id=pr.department_id ELSE coalesce(p.department_id,1)=1 END
  ORDER BY md5('pp'||a.id||'-'||k||'-'||p.id) LIMIT 1) proc ON true
WHERE a.status='completed' AND k <= 1 + (pg_temp.h('nt'||a.id,10)>=6)::int + (pg_temp.h('nt'||a.id,10)>=9)::int
  AND pg_temp.h('no'||a.id,20)>0;

INSERT INTO medications VALUES
 (1,'Ibuprofen 600','Painkiller','tablet',false),(2,'Paracetamol 500','Painkiller','tablet',false),(3,'Tilidine 50','Opioid','tablet',true),(4,'Tramadol drops','Opioid','drops',true),
 (5,'Amoxicillin 1000','Antibiotic','tablet',false),(6,'Doxycycline 100','Antibiotic','capsule',false),(7,'Ramipril 5','Antihypertensive','tablet',false),(8,'Bisoprolol 2.5','Antihypertensive','tablet',false),
 (9,'Metformin 850','Antidiabetic','tablet',false),(10,'Levothyroxine 75','Hormone','tablet',false),(11,'Hydrocortisone 1%','Steroid','cream',false),(12,'Prednisolone 20','Steroid','tablet',false),
 (13,'Salbutamol spray','Bronchodilator','inhaler',false),(14,'Cetirizine 10','Antihistamine','tablet',false),(15,'Timolol eye drops','Ophthalmic','drops',false),(16,'Pantoprazole 40','Acid reducer','tablet',false),
 (17,'Lorazepam 1','Sedative','tablet',true),(18,'Cough syrup with codeine','Opioid','syrup',true);

INSERT INTO prescriptions
SELECT row_number() OVER (ORDER BY dt, src, aid), pid, prid, med, CASE WHEN src=1 THEN aid END, dt,
  (ARRAY[7,10,14,30,30,50,90,100])[1+pg_temp.h('ds'||src||'-'||aid,8)],
  CASE WHEN src=2 THEN 1+pg_temp.h('rf'||aid,3) ELSE greatest(0,pg_temp.h('rf0'||aid,5)-2) END
FROM (
  SELECT 1 src, a.id aid, a.patient_id pid, a.practitioner_id prid, 
     (ARRAY[1,1,1,2,3,4,5,5,6,7,7,8,9,9,10,11,12,13,14,14,15,16,16,17,18])[1+pg_temp.h('med'||a.id,25)] med, a.starts_at::date dt
  FROM appointments a JOIN practitioners p ON p.id=a.practitioner_id
  WHERE a.status='completed' AND p.role='physician' AND pg_temp.h('rx'||a.id,10)<5
  UNION ALL
  SELECT 2, a.id, a.patient_id, a.practitioner_id, (ARRAY[7,8,9,10,16,7,13])[1+pg_temp.h('medr'||a.id,7)], a.starts_at::date + 30 + pg_temp.h('rpd'||a.id,40)
  FROM appointments a JOIN practitioners p ON p.id=a.practitioner_id
  WHERE a.status='completed' AND p.role='physician' AND pg_temp.h('rp'||a.id,9)=0 AND a.starts_at < '2026-09-01'
) s;

INSERT INTO referrals
SELECT row_number() OVER (ORDER BY cr, aid), pid, frm,
  CASE WHEN stt='open' AND pg_temp.h('asg'||aid,2)=0 OR stt='declined' THEN NULL
       ELSE (SELECT p.id FROM practitioners p WHERE p.department_id=dep AND p.id<>frm AND p.role IN ('physician','therapist') AND p.left_on IS NULL ORDER BY md5('to'||aid||'-'||p.id) LIMIT 1) END,
  dep, urg, stt, cr,
  CASE WHEN stt IN ('completed','declined') THEN least(cr + make_interval(days => 3+pg_temp.h('cls'||aid,45)), timestamptz '2026-11-20 15:00+00') END
FROM (
  SELECT a.id aid, a.patient_id pid, a.practitioner_id frm, a.starts_at + interval '25 minutes' cr,
    CASE WHEN d0 = p.department_id THEN 1 + d0%9 ELSE d0 END dep,
    pg_temp.pick('urg'||a.id, ARRAY['routine','routine','routine','routine','soon','soon','urgent']) urg,
    CASE WHEN a.starts_at > '2026-10-01' AND pg_temp.h('rs'||a.id,3)>0 THEN 'open'
         WHEN pg_temp.h('rs'||a.id,20)=0 THEN 'open' WHEN pg_temp.h('rs'||a.id,20)<4 THEN 'accepted' WHEN pg_temp.h('rs'||a.id,20)<6 THEN 'declined' ELSE 'completed' END stt
  FROM appointments a JOIN practitioners p ON p.id=a.practitioner_id
  CROSS JOIN LATERAL (SELECT (ARRAY[2,3,3,4,4,5,7,8,8,8,9])[1+pg_temp.h('rd'||a.id,11)] d0) z
  WHERE a.status='completed' AND p.role='physician' AND pg_temp.h('ref'||a.id,10) < 3
) s;

INSERT INTO invoices
SELECT row_number() OVER (ORDER BY iss, aid), 'R-'||to_char(iss,'YYYY')||'-'||lpad((row_number() OVER (PARTITION BY extract(year from iss) ORDER BY iss, aid))::text,5,'0'),
  aid, pid, ins, iss, iss+terms, tot,
  stt, CASE stt WHEN 'overdue' THEN 1+pg_temp.h('rem'||aid,3) WHEN 'written_off' THEN 3 WHEN 'paid' THEN greatest(0,pg_temp.h('rem'||aid,6)-4) ELSE 0 END
FROM (
  SELECT z.*, CASE WHEN iss > date '2026-11-16' AND pg_temp.h('dr'||aid,2)=0 THEN 'draft'
      WHEN iss + terms >= date '2026-11-20' THEN CASE WHEN pg_temp.h('is'||aid,3)=0 THEN 'paid' ELSE 'sent' END
      WHEN pg_temp.h('is'||aid,40)=0 THEN 'written_off' WHEN pg_temp.h('is'||aid,40)<CASE WHEN iss>date '2026-07-01' THEN 11 ELSE 4 END THEN 'overdue' ELSE 'paid' END stt
  FROM (
   SELECT a.id aid, a.patient_id pid, CASE WHEN pg_temp.h('self'||a.id,14)=0 THEN NULL ELSE p.insurer_id END ins,
     least(a.starts_at::date + 1 + pg_temp.h('iss'||a.id,9), date '2026-11-20') iss,
     coalesce(CASE WHEN pg_temp.h('self'||a.id,14)=0 THEN NULL ELSE i.payment_terms_days END,14) terms,
     (SELECT sum(t.charged_amount) FROM treatments t WHERE t.appointment_id=a.id) tot
   FROM appointments a JOIN patients p ON p.id=a.patient_id LEFT JOIN insurers i ON i.id=p.insurer_id
   WHERE a.status='completed') z
  WHERE tot IS NOT NULL AND pg_temp.h('noinv'||aid,25)>0
) y;

INSERT INTO payments
SELECT row_number() OVER (ORDER BY pt, iid, k), iid, amt, m, pt FROM (
  SELECT i.id iid, k, 
    CASE WHEN i.status='overdue' THEN round(i.total_amount*0.4,2)
         WHEN split AND k=1 THEN round(i.total_amount*0.5,2) WHEN split THEN i.total_amount-round(i.total_amount*0.5,2) ELSE i.total_amount END amt,
    CASE WHEN i.insurer_id IS NOT NULL THEN pg_temp.pick('m'||i.id, ARRAY['bank_transfer','bank_transfer','bank_transfer','direct_debit'])
         ELSE pg_temp.pick('m'||i.id, ARRAY['card','card','cash','bank_transfer','direct_debit']) END m,
    least(i.issued_on + make_interval(days => CASE WHEN i.insurer_id IS NULL THEN pg_temp.h('pd'||i.id,16) ELSE 6+pg_temp.h('pd'||i.id,34) END + 14*(k-1), hours => 8+pg_temp.h('phh'||i.id,9), mins => pg_temp.h('pm'||i.id,60)), timestamp '2026-11-20 12:00' + make_interval(mins=>i.id%200)) AT TIME ZONE 'UTC' pt
  FROM invoices i CROSS JOIN LATERAL (SELECT pg_temp.h('split'||i.id,8)=0 AND i.status='paid' AS split) s CROSS JOIN generate_series(1,2) k
  WHERE (i.status='paid' AND (k=1 OR split)) OR (i.status='overdue' AND k=1 AND pg_temp.h('part'||i.id,3)=0)
) z;

UPDATE patients p SET deceased_on = l.last + 6 + p.id%9
FROM (SELECT patient_id, max(d) AS last FROM (SELECT patient_id, starts_at::date d FROM appointments UNION ALL SELECT patient_id, issued_on FROM prescriptions) x GROUP BY 1) l
WHERE l.patient_id = p.id AND p.date_of_birth < '1956-01-01' AND l.last < '2026-10-20' AND pg_temp.h('dec'||p.id,9)=0;

ANALYZE;
