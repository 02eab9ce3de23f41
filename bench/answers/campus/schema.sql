-- campus: online learning provider
SET timezone = 'UTC';
SET client_min_messages = warning;

CREATE TABLE categories (
  id integer PRIMARY KEY, name text NOT NULL UNIQUE, slug text NOT NULL UNIQUE,
  parent_id integer REFERENCES categories(id));
COMMENT ON COLUMN categories.parent_id IS 'null for top-level subject areas';

CREATE TABLE tags (id integer PRIMARY KEY, name text NOT NULL UNIQUE);

CREATE TABLE instructors (
  id integer PRIMARY KEY, full_name text NOT NULL, email text NOT NULL UNIQUE,
  city text, country text NOT NULL, joined_on date NOT NULL,
  is_employee boolean NOT NULL DEFAULT false, revenue_share_pct numeric(5,2), bio text);
COMMENT ON COLUMN instructors.is_employee IS 'false = freelancer paid by revenue share';

CREATE TABLE companies (
  id integer PRIMARY KEY, name text NOT NULL UNIQUE, industry text NOT NULL, city text NOT NULL, country text NOT NULL,
  seats_purchased integer NOT NULL, contract_starts_on date NOT NULL, contract_ends_on date, account_manager text,
  created_at timestamptz NOT NULL);
COMMENT ON COLUMN companies.seats_purchased IS 'number of learner seats under the current contract';
COMMENT ON COLUMN companies.contract_ends_on IS 'null = open-ended contract';

CREATE TABLE learners (
  id integer PRIMARY KEY, full_name text NOT NULL, email text NOT NULL UNIQUE, city text, country text NOT NULL,
  company_id integer REFERENCES companies(id), referred_by_id integer REFERENCES learners(id),
  marketing_opt_in boolean NOT NULL DEFAULT false, signed_up_at timestamptz NOT NULL, last_login_at timestamptz);
COMMENT ON COLUMN learners.company_id IS 'null for private (self-paying) learners';
COMMENT ON COLUMN learners.referred_by_id IS 'learner who invited this one';

CREATE TABLE courses (
  id integer PRIMARY KEY, title text NOT NULL, category_id integer NOT NULL REFERENCES categories(id),
  instructor_id integer NOT NULL REFERENCES instructors(id), reviewer_id integer REFERENCES instructors(id),
  level text NOT NULL CHECK (level IN ('beginner','intermediate','advanced')),
  language text NOT NULL, price numeric(8,2) NOT NULL, duration_minutes integer NOT NULL,
  status text NOT NULL CHECK (status IN ('draft','published','archived')),
  has_certificate boolean NOT NULL DEFAULT true, published_at timestamptz);
COMMENT ON COLUMN courses.price IS 'list price in EUR; 0 = free course';
COMMENT ON COLUMN courses.reviewer_id IS 'second instructor who peer-reviewed the material';

CREATE TABLE course_tags (
  course_id integer NOT NULL REFERENCES courses(id), tag_id integer NOT NULL REFERENCES tags(id),
  PRIMARY KEY (course_id, tag_id));

CREATE TABLE lessons (
  id integer PRIMARY KEY, course_id integer NOT NULL REFERENCES courses(id), position integer NOT NULL, title text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('video','article','quiz','live')), duration_seconds integer,
  is_free_preview boolean NOT NULL DEFAULT false, passing_score integer, UNIQUE (course_id, position));
COMMENT ON COLUMN lessons.passing_score IS 'quizzes only: percent needed to pass';
COMMENT ON COLUMN lessons.duration_seconds IS 'null for articles';

CREATE TABLE enrollments (
  id integer PRIMARY KEY, learner_id integer NOT NULL REFERENCES learners(id), course_id integer NOT NULL REFERENCES courses(id),
  status text NOT NULL CHECK (status IN ('active','completed','dropped','expired')),
  source text NOT NULL, enrolled_at timestamptz NOT NULL, completed_at timestamptz,
  progress_pct integer NOT NULL DEFAULT 0, rating smallint, UNIQUE (learner_id, course_id));
COMMENT ON COLUMN enrollments.rating IS '1-5 stars left by the learner, null if not rated';
COMMENT ON COLUMN enrollments.source IS 'how the enrolment came about: catalog, company, referral, campaign';

CREATE TABLE quiz_attempts (
  id integer PRIMARY KEY, lesson_id integer NOT NULL REFERENCES lessons(id), learner_id integer NOT NULL REFERENCES learners(id),
  started_at timestamptz NOT NULL, submitted_at timestamptz, score numeric(5,2), passed boolean);
COMMENT ON COLUMN quiz_attempts.score IS 'percent, null while not submitted';

CREATE TABLE certificates (
  id integer PRIMARY KEY, enrollment_id integer NOT NULL UNIQUE REFERENCES enrollments(id), serial_no text NOT NULL UNIQUE,
  issued_on date NOT NULL, expires_on date, revoked boolean NOT NULL DEFAULT false);

CREATE TABLE subscriptions (
  id integer PRIMARY KEY, learner_id integer NOT NULL REFERENCES learners(id), plan text NOT NULL,
  status text NOT NULL CHECK (status IN ('trialing','active','past_due','canceled')),
  monthly_fee numeric(8,2) NOT NULL, started_on date NOT NULL, canceled_on date, cancel_reason text, auto_renew boolean NOT NULL);

CREATE TABLE payments (
  id integer PRIMARY KEY, learner_id integer REFERENCES learners(id), company_id integer REFERENCES companies(id),
  subscription_id integer REFERENCES subscriptions(id), course_id integer REFERENCES courses(id),
  amount numeric(10,2) NOT NULL, method text NOT NULL,
  status text NOT NULL CHECK (status IN ('succeeded','failed','refunded','pending')),
  created_at timestamptz NOT NULL, CHECK (num_nonnulls(learner_id, company_id) = 1));
COMMENT ON COLUMN payments.amount IS 'EUR incl. VAT';
COMMENT ON COLUMN payments.course_id IS 'set for one-off course purchases';

CREATE TABLE support_tickets (
  id integer PRIMARY KEY, learner_id integer NOT NULL REFERENCES learners(id), course_id integer REFERENCES courses(id),
  topic text NOT NULL, channel text NOT NULL, priority text NOT NULL,
  status text NOT NULL CHECK (status IN ('open','waiting','resolved','closed')),
  agent_name text, opened_at timestamptz NOT NULL, resolved_at timestamptz, first_response_minutes integer, csat_score smallint);
COMMENT ON COLUMN support_tickets.csat_score IS 'customer satisfaction 1-5, null if no survey answer';
COMMENT ON COLUMN support_tickets.agent_name IS 'null = not yet assigned';

CREATE FUNCTION pg_temp.h(s text, n bigint, k int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT (('x'||substr(md5(s||':'||n),1,7))::bit(28)::int % k) $$;
CREATE FUNCTION pg_temp.pick(s text, n bigint, VARIADIC a text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT a[1 + (('x'||substr(md5(s||':'||n),1,7))::bit(28)::int % array_length(a,1))] $$;
CREATE FUNCTION pg_temp.person(s text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.pick(s||'f',n,'Anna','Lukas','Marie','Jonas','Sofia','Paul','Emma','Felix','Clara','David','Lena','Tom','Nadia','Omar','Ines','Pedro','Camille','Hugo','Julia','Marco','Giulia','Piotr','Ewa','Sven','Astrid','Liam','Grace','Yusuf','Mei','Viktor')
 ||' '|| pg_temp.pick(s||'l',n,'Schneider','Fischer','Weber','Becker','Hoffmann','Rossi','Bianchi','Dubois','Laurent','Moreau','Garcia','Lopez','Silva','Santos','Novak','Kowalski','Jansen','de Vries','Olsen','Lindqvist','Murphy','Walsh','Taylor','Yilmaz','Chen','Haddad','Keller','Brunner','Horvat','Petrov','Meyer','Wagner') $$;

INSERT INTO categories VALUES
(1,'Technology','technology',NULL),(2,'Business','business',NULL),(3,'Design','design',NULL),(4,'Languages','languages',NULL),(5,'Compliance','compliance',NULL),
(6,'Programming','programming',1),(7,'Data Science','data-science',1),(8,'Cloud & DevOps','cloud-devops',1),(9,'Cybersecurity','cybersecurity',1),
(10,'Leadership','leadership',2),(11,'Marketing','marketing',2),(12,'Finance','finance',2),(13,'UX Design','ux-design',3),(14,'Graphic Design','graphic-design',3),
(15,'Business English','business-english',4),(16,'Health & Safety','health-safety',5),(17,'Data Protection','data-protection',5);

INSERT INTO tags SELECT i, (ARRAY['bestseller','new','hands-on','exam prep','remote work','team skills','mandatory','short course','bootcamp','ai','excel','career change'])[i] FROM generate_series(1,12) i;

INSERT INTO instructors
SELECT i, (ARRAY['Katrin Vogel','Matteo Ricci','Sarah Connelly','Jean-Luc Perrin','Aylin Demir','Henrik Dahl','Priya Nair','Tomasz Zielinski','Beatriz Almeida','Oliver Grant','Franziska Lang','Daniel Cohen','Ingrid Solberg','Rafael Ortega','Mina Park','Stefan Huber','Laura Conti','Niall Byrne','Elena Popescu','Wouter Bakker','Chiara Ferrari','Markus Stein'])[i],
 'inst'||i||'@campus.example',
 CASE WHEN i%9=0 THEN NULL ELSE (ARRAY['Berlin','Milan','Dublin','Paris','Munich','Amsterdam','Vienna','Madrid'])[1+i%8] END,
 (ARRAY['Germany','Italy','Ireland','France','Germany','Netherlands','Austria','Spain'])[1+i%8],
 date '2023-06-01' + (i*53), i%3=0, CASE WHEN i%3=0 THEN NULL ELSE 20 + 5*(i%6) END, CASE WHEN i%4=0 THEN NULL ELSE 'Teaches since '||(2005+i%15) END
FROM generate_series(1,22) i;

INSERT INTO companies
SELECT i, (ARRAY['Nordwind Logistik','Helvetia Pharma','Brightline Energy','Kessler Maschinenbau','Aurora Bank','Bluefin Retail','Lumen Software','Atlas Insurance','Rheintal Automotive','Vitalis Clinics','Castello Foods','Greenfield Utilities','Orion Consulting','Pixel & Partner','Hansa Shipping','Monte Rosa Hotels','Quantis Labs','Danube Telecom','Iberia Textiles','Emerald Media','Polaris Systems','Savoy Cosmetics','Tulip Foods','Zenith Robotics','Baltic Freight','Stadtwerke Linden','Cobalt Mining','Medina Travel','Arden Legal','Fjord Seafood'])[i],
 (ARRAY['Logistics','Pharma','Energy','Manufacturing','Banking','Retail','Software','Insurance','Manufacturing','Healthcare','Food','Energy','Consulting','Media','Logistics','Hospitality','Pharma','Telecom','Manufacturing','Media','Software','Retail','Food','Manufacturing','Logistics','Energy','Manufacturing','Hospitality','Consulting','Food'])[i],
 (ARRAY['Hamburg','Zurich','London','Stuttgart','Berlin','Dublin','Berlin','London','Stuttgart','Vienna','Milan','Dublin','Munich','Berlin','Hamburg','Milan','Zurich','Vienna','Madrid','Dublin','Munich','Paris','Amsterdam','Munich','Hamburg','Berlin','London','Madrid','London','Amsterdam'])[i],
 (ARRAY['Germany','Switzerland','United Kingdom','Germany','Germany','Ireland','Germany','United Kingdom','Germany','Austria','Italy','Ireland','Germany','Germany','Germany','Italy','Switzerland','Austria','Spain','Ireland','Germany','France','Netherlands','Germany','Germany','Germany','United Kingdom','Spain','United Kingdom','Netherlands'])[i],
 10 + 5*pg_temp.h('seats',i,48), date '2024-01-15' + pg_temp.h('cs',i,900),
 CASE WHEN i%6=0 THEN NULL ELSE date '2024-01-15' + pg_temp.h('cs',i,900) + 365*(1+i%3) END,
 CASE WHEN i%11=0 THEN NULL ELSE (ARRAY['Miriam Roth','Jack Doyle','Pauline Caron','Andreas Beck'])[1+i%4] END,
 (date '2024-01-15' + pg_temp.h('cs',i,900) - 12)::timestamptz + interval '9 hours' + i*interval '7 minutes'
FROM generate_series(1,30) i;

INSERT INTO learners
SELECT i, pg_temp.person('ln',i), 'learner'||i||'@mail.example',
 CASE WHEN c%14=13 THEN NULL ELSE (ARRAY['Berlin','Berlin','Munich','Hamburg','Vienna','Paris','Lyon','Madrid','Barcelona','Milan','Dublin','London','Amsterdam'])[1+c%14] END,
 CASE WHEN c%14=13 THEN 'Switzerland' ELSE (ARRAY['Germany','Germany','Germany','Germany','Austria','France','France','Spain','Spain','Italy','Ireland','United Kingdom','Netherlands'])[1+c%14] END,
 CASE WHEN pg_temp.h('lc',i,100)<42 THEN 1+pg_temp.h('lco',i,28) END,
 CASE WHEN i>40 AND pg_temp.h('ref',i,100)<22 THEN 1+pg_temp.h('refby',i,i/3) END,
 pg_temp.h('opt',i,10)<6, ts,
 CASE WHEN pg_temp.h('nol',i,100)<9 THEN NULL ELSE ts + (pg_temp.h('ll',i,1000)/1000.0)*(timestamptz '2026-11-22 20:00+00' - ts) END
FROM (SELECT i, pg_temp.h('city',i,1400) c, timestamptz '2024-01-02 08:00+00' + i*interval '41 hours' + pg_temp.h('sg',i,1200)*interval '1 minute' ts FROM generate_series(1,612) i) x;

INSERT INTO courses
SELECT i, (ARRAY['Python for Beginners','Advanced Python Patterns','SQL Essentials','Machine Learning Foundations','Deep Learning in Practice','Kubernetes from Zero','AWS Cloud Practitioner','Terraform Hands-On','Network Security Basics','Ethical Hacking','First-Time Manager','Leading Remote Teams','Difficult Conversations','Content Marketing','SEO Masterclass','Social Media Strategy','Financial Modelling in Excel','Accounting Basics','Budgeting for Managers','UX Research Methods','Figma Fundamentals','Design Systems','Photoshop Crash Course','Brand Identity','Business English B1','Business English C1','Email Writing in English','Fire Safety at Work','Ergonomics in the Home Office','First Aid Refresher','GDPR in 60 Minutes','GDPR for Marketing Teams','Java Programming','React in Depth','TypeScript Bootcamp','Data Visualisation','Statistics Refresher','Incident Response','Agile Coaching','Negotiation Skills','Prompt Engineering','Corporate Strategy'])[i],
 (ARRAY[6,6,7,7,7,8,8,8,9,9,10,10,10,11,11,11,12,12,12,13,13,13,14,14,15,15,15,16,16,16,17,17,6,6,6,7,7,9,10,2,1,2])[i],
 1+pg_temp.h('ci',i,20), CASE WHEN i%5=0 THEN NULL ELSE 1+(pg_temp.h('ci',i,20)+1+pg_temp.h('cr',i,18))%22 END,
 (ARRAY['beginner','advanced','beginner','intermediate','advanced','intermediate','beginner','intermediate','beginner','advanced','beginner','intermediate','intermediate','beginner','intermediate','beginner','advanced','beginner','intermediate','intermediate','beginner','advanced','beginner','intermediate','intermediate','advanced','beginner','beginner','beginner','beginner','beginner','intermediate','intermediate','advanced','intermediate','beginner','beginner','advanced','advanced','intermediate','beginner','advanced'])[i],
 CASE WHEN i%7=2 THEN 'German' WHEN i%11=4 THEN 'French' WHEN i=37 THEN 'Spanish' ELSE 'English' END,
 CASE WHEN i IN (3,28,31,37) THEN 0 ELSE 29 + 10*pg_temp.h('cp',i,32) END, 60 + 15*pg_temp.h('cd',i,70),
 CASE WHEN i IN (39,42) THEN 'draft' WHEN i IN (16,23,30) THEN 'archived' ELSE 'published' END, i%6<>0,
 CASE WHEN i IN (39,42) THEN NULL WHEN i=41 THEN timestamptz '2026-10-05 09:00+00' WHEN i=40 THEN timestamptz '2026-08-17 09:00+00' ELSE timestamptz '2024-01-04 09:00+00' + pg_temp.h('pub',i,640)*interval '1 day' END
FROM generate_series(1,42) i;

INSERT INTO course_tags SELECT DISTINCT i, 1+pg_temp.h('ct'||k,i,12) FROM generate_series(1,42) i, generate_series(1,3) k WHERE i%13<>0 AND pg_temp.h('ctx'||k,i,10)<8;

INSERT INTO lessons
SELECT row_number() OVER (ORDER BY c, p), c, p,
 CASE k WHEN 'quiz' THEN 'Quiz '||p ELSE pg_temp.pick('lt',c*50+p,'Getting started','Core concepts','Worked example','Common mistakes','Case study','Deep dive','Tools and setup','Practice session','Wrap-up','Q&A') END,
 k, CASE k WHEN 'article' THEN NULL WHEN 'quiz' THEN 600 WHEN 'live' THEN 3600 ELSE 180+pg_temp.h('ld',c*50+p,1500) END, p=1 OR (p=2 AND c%4=0),
 CASE WHEN k='quiz' THEN (ARRAY[60,70,80])[1+(c+p)%3] END
FROM (SELECT c, p, CASE WHEN p%4=0 THEN 'quiz' WHEN pg_temp.h('lk',c*50+p,10)<2 THEN 'article' WHEN pg_temp.h('lk',c*50+p,10)=2 THEN 'live' ELSE 'video' END k
  FROM generate_series(1,42) c, generate_series(1,15) p WHERE p <= 6+pg_temp.h('nl',c,9)) x;

INSERT INTO enrollments
SELECT row_number() OVER (ORDER BY ts, learner_id), learner_id, course_id,
 CASE WHEN st='completed' AND done IS NULL THEN 'active' ELSE st END,
 CASE WHEN company_id IS NOT NULL AND n%4<>0 THEN 'company' WHEN referred_by_id IS NOT NULL AND n%3=0 THEN 'referral' WHEN pg_temp.h('src',n,10)<3 THEN 'campaign' ELSE 'catalog' END,
 ts, CASE WHEN st='completed' THEN done END,
 CASE WHEN st='completed' AND done IS NOT NULL THEN 100 ELSE pg_temp.h('pr',n,96) END,
 CASE WHEN st='completed' AND done IS NOT NULL AND pg_temp.h('ra',n,10)<7 THEN 5-pg_temp.h('ra2',n,9)/3 - (CASE WHEN pg_temp.h('ra3',n,12)=0 THEN 2 ELSE 0 END)
      WHEN st='dropped' AND pg_temp.h('ra',n,10)<3 THEN 1+pg_temp.h('ra2',n,3) END
FROM (SELECT *, CASE WHEN ts + (4+pg_temp.h('dn',n,80))*interval '1 day' < timestamptz '2026-11-21' THEN ts + (4+pg_temp.h('dn',n,80))*interval '1 day' + pg_temp.h('dm',n,700)*interval '1 minute' END done,
        CASE WHEN pg_temp.h('st',n,100)<48 THEN 'completed' WHEN pg_temp.h('st',n,100)<62 THEN 'dropped' WHEN pg_temp.h('st',n,100)<70 AND ts<timestamptz '2025-11-20' THEN 'expired' ELSE 'active' END st
 FROM (SELECT DISTINCT ON (l.id, c.id) g.n, l.id learner_id, c.id course_id, l.company_id, l.referred_by_id,
        date_trunc('minute', greatest(l.signed_up_at, c.published_at) + (pg_temp.h('en',g.n,10000)/10000.0)*(timestamptz '2026-11-20 18:00+00' - greatest(l.signed_up_at, c.published_at))) ts
   FROM generate_series(1,2700) g(n)
   JOIN learners l ON l.id = 1+pg_temp.h('el',g.n,590)
   JOIN courses c ON c.id = 1+least(pg_temp.h('ec',g.n,42), pg_temp.h('ec2',g.n,60)) AND c.published_at IS NOT NULL
   ORDER BY l.id, c.id, g.n) a) b;

INSERT INTO certificates
SELECT row_number() OVER (ORDER BY e.completed_at, e.id), e.id, 'CMP-'||to_char(e.completed_at,'YYYY')||'-'||upper(substr(md5('c'||e.id),1,8)),
 e.completed_at::date + pg_temp.h('ci2',e.id,3), CASE WHEN c.category_id IN (16,17,9,8) THEN e.completed_at::date + 730 END, pg_temp.h('rv',e.id,40)=0
FROM enrollments e JOIN courses c ON c.id=e.course_id WHERE e.status='completed' AND c.has_certificate AND pg_temp.h('hc',e.id,20)>0 AND e.completed_at < timestamptz '2026-11-18';

INSERT INTO quiz_attempts
SELECT row_number() OVER (ORDER BY ts, id, lid), lid, learner_id, ts, CASE WHEN sc IS NOT NULL THEN ts + (120+pg_temp.h('qd',id*100+lid,900))*interval '1 second' END, sc, CASE WHEN sc IS NOT NULL THEN sc >= ps END
FROM (SELECT e.id, l.id lid, e.learner_id, l.passing_score ps,
   date_trunc('second', e.enrolled_at + ((1+pg_temp.h('qa',e.id*100+l.id,90))/100.0)*(coalesce(e.completed_at, timestamptz '2026-11-20 19:00+00') - e.enrolled_at)) ts,
   CASE WHEN pg_temp.h('qn',e.id*100+l.id,25)=0 THEN NULL ELSE least(100, 38 + pg_temp.h('qs',e.id*100+l.id,70) + CASE WHEN e.status='completed' THEN 10 ELSE 0 END + 0.5*pg_temp.h('qh',l.id,2)) END sc
  FROM enrollments e JOIN lessons l ON l.course_id=e.course_id AND l.kind='quiz' WHERE pg_temp.h('qx',e.id*100+l.id,100) < CASE WHEN e.status='completed' THEN 55 ELSE 22 END) x;

INSERT INTO subscriptions
SELECT row_number() OVER (ORDER BY d, lid), lid, p, CASE WHEN cx IS NOT NULL THEN 'canceled' WHEN d > date '2026-11-07' THEN 'trialing' WHEN pg_temp.h('pd',lid,12)=0 THEN 'past_due' ELSE 'active' END,
 CASE p WHEN 'Basic' THEN 15 WHEN 'Plus' THEN 29 ELSE 49 END, d, cx,
 CASE WHEN cx IS NOT NULL AND pg_temp.h('crn',lid,6)>0 THEN pg_temp.pick('cr',lid,'too expensive','no time','switched provider','goal reached','missing content') END, cx IS NULL AND pg_temp.h('ar',lid,8)>0
FROM (SELECT lid, p, d, CASE WHEN pg_temp.h('cx',lid,100)<38 AND d + 30 + pg_temp.h('cx2',lid,400) < date '2026-11-20' THEN d + 30 + pg_temp.h('cx2',lid,400) END cx
 FROM (SELECT l.id lid, pg_temp.pick('plan',l.id,'Basic','Basic','Plus','Plus','Pro') p, (l.signed_up_at + (pg_temp.h('sd',l.id,45))*interval '1 day')::date d
   FROM learners l WHERE l.company_id IS NULL AND pg_temp.h('sub',l.id,10)<8) y WHERE d <= date '2026-11-20') x;

INSERT INTO payments
SELECT row_number() OVER (ORDER BY ts, k, a), lid, cid, sid, crs, amt, m,
 CASE WHEN ts > timestamptz '2026-11-17' AND k='co' THEN 'pending' WHEN pg_temp.h('ps'||k,a*100+b,100)<6 THEN 'failed' WHEN pg_temp.h('ps'||k,a*100+b,100)<10 THEN 'refunded' ELSE 'succeeded' END, ts
FROM (
 SELECT 'sub' k, s.id a, g b, s.learner_id lid, NULL::int cid, s.id sid, NULL::int crs, 3*s.monthly_fee amt, pg_temp.pick('pm',s.id,'card','card','paypal','sepa') m,
   (s.started_on + g*interval '3 months' + interval '6 hours' + pg_temp.h('pt',s.id,900)*interval '1 minute') AT TIME ZONE 'UTC' ts
 FROM subscriptions s, generate_series(0,11) g WHERE s.started_on + g*interval '3 months' <= coalesce(s.canceled_on, date '2026-11-20')
 UNION ALL
 SELECT 'crs', e.id, 0, e.learner_id, NULL, NULL, e.course_id, c.price, pg_temp.pick('pm2',e.id,'card','paypal','card','sepa','apple pay'), e.enrolled_at
 FROM enrollments e JOIN courses c ON c.id=e.course_id JOIN learners l ON l.id=e.learner_id WHERE l.company_id IS NULL AND c.price>0 AND e.id%3=0
 UNION ALL
 SELECT 'co', c.id, g, NULL, c.id, NULL, NULL, c.seats_purchased*45, CASE WHEN c.id%5=0 THEN 'sepa' ELSE 'invoice' END, (c.contract_starts_on + g*interval '3 months' + interval '10 hours') AT TIME ZONE 'UTC'
 FROM companies c, generate_series(0,11) g WHERE c.contract_starts_on + g*interval '3 months' <= least(c.contract_ends_on, date '2026-11-20')
) x;

INSERT INTO support_tickets
SELECT row_number() OVER (ORDER BY ts, n), lid, crs, topic, pg_temp.pick('ch',n,'email','email','chat','chat','phone'), pg_temp.pick('pri',n,'low','normal','normal','normal','high','urgent'),
 st, CASE WHEN st='open' AND n%2=0 THEN NULL ELSE pg_temp.pick('ag',n,'Rosa Klein','Ben Harper','Ilse Maas','Diego Ramos','Fatima Zahra') END, ts,
 CASE WHEN st IN ('resolved','closed') THEN least(ts + (30+pg_temp.h('rs',n,9000))*interval '1 minute', timestamptz '2026-11-22 21:00+00') END,
 CASE WHEN st='open' AND n%2=0 THEN NULL ELSE 3+pg_temp.h('fr',n,700) END, CASE WHEN st IN ('resolved','closed') AND n%3<>0 THEN 5-least(4,pg_temp.h('cs2',n,8)*pg_temp.h('cs3',n,3)/3) END
FROM (SELECT n, l.id lid, ts, CASE WHEN tp IN ('video playback','course content','certificate','quiz') THEN (SELECT min(e.course_id) FROM enrollments e WHERE e.learner_id=l.id) END crs, tp topic,
   CASE WHEN ts > timestamptz '2026-11-06' AND pg_temp.h('ts',n,10)<6 THEN 'open' WHEN pg_temp.h('ts',n,40)=0 THEN 'open' WHEN pg_temp.h('ts',n,20)=1 THEN 'waiting' WHEN pg_temp.h('ts',n,3)=0 THEN 'resolved' ELSE 'closed' END st
 FROM (SELECT n, timestamptz '2024-01-10 07:00+00' + n*interval '47 hours' - (n*n/520)*interval '1 minute' + pg_temp.h('to',n,1300)*interval '1 minute' ts, pg_temp.pick('tp',n,'billing','login','video playback','course content','certificate','quiz','refund request') tp, pg_temp.h('tl',n,10000) r FROM generate_series(1,533) n) q
 JOIN LATERAL (SELECT id FROM learners l WHERE l.signed_up_at < q.ts ORDER BY md5(l.id::text||q.n) LIMIT 1) l ON true WHERE ts < timestamptz '2026-11-22 18:00+00') z;
